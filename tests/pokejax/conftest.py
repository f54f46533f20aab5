import pytest

from benchmarks.errors import InputMissingError


@pytest.fixture(scope="session")
def oracle():
    from benchmarks.oracles.showdown.process import Oracle

    try:
        running = Oracle()
    except InputMissingError as error:
        pytest.skip(str(error))
    yield running
    running.close()
