from typing import Any

class Registers:
    """The register file of the SM83: single registers hold 0 .. 0xFF; af, bc, de, hl, sp, pc hold 0 .. 0xFFFF.

    The low nibble of f does not exist: it is dropped on writing. A value that does not fit raises ValueError.
    """

    a: int
    f: int
    b: int
    c: int
    d: int
    e: int
    h: int
    l: int
    af: int
    bc: int
    de: int
    hl: int
    sp: int
    pc: int

    @staticmethod
    def after_boot(header_checksum: int) -> Registers:
        """The registers as the DMG's boot ROM leaves them, for a cartridge with this byte (0 .. 0xFF) at 014D."""

class Batch:
    """Many machines with the same cartridge, stepped by one call with the GIL released.

    Arrays are contiguous uint8 with a leading axis of machines; an array that a running call was given must not be
    touched by another thread until the call returns. Buttons are bits: right, left, up, down, A, B, select, start.
    """

    def __init__(
        self,
        rom: bytes,
        num_envs: int,
        *,
        threads: int = 0,
        observation: str = "screen",
        windows: list[tuple[int, int]] = ...,
        stack: int = 1,
        watch: list[tuple[int, int]] = ...,
        sticky: float = 0.0,
        drawing: str = "last",
        seed_address: int | None = None,
    ) -> None:
        """Starts the machines.

        Args:
            rom: the cartridge.
            num_envs: machines, at least 1.
            threads: of the processor; 0 takes all.
            observation: "screen" (144, 160) shades 0 (lightest) to 3; "packed" (144, 40), four of them a byte, the
                leftmost in the highest bits; "small" (72, 80) grey levels, means of 2 x 2 pixels; "tiles" (18, 20)
                numbers of background tiles; "ram" the windows.
            windows: (address, length) of what "ram" shows.
            stack: observations kept, the newest last, 1 to 64.
            watch: (address, length) of memory that every step reports beside the observation.
            sticky: probability with which a step holds the buttons of the one before.
            drawing: which frames are drawn: "never", "last" of a step, "every".
            seed_address: where a reset writes the low 16 bits of the seed, 0 as 1.

        Raises:
            ValueError: the cartridge cannot be run, or an argument is not allowed.
        """

    @property
    def num_envs(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def observation_shape(self) -> list[int]: ...
    @property
    def watch_length(self) -> int:
        """Bytes of all watched windows."""

    @property
    def statuses(self) -> bytes:
        """One byte a machine: 0 runs, 1 locked up by an opcode that does not exist, 2 broken by a defect."""

    def held_buttons(self) -> bytes:
        """The buttons of each machine's last step, sticky ones included."""

    def message(self, index: int) -> str | None:
        """Why this machine does not run any more."""

    def set_drawing(self, drawing: str) -> None: ...
    def set_skipping(self, skipping: bool) -> None:
        """Whether waiting is skipped; it changes nothing that can be observed."""

    def reset(self, mask: Any, seeds: list[int], observation: Any, watch: Any, *, most_noops: int = 0) -> None:
        """Starts episodes in machines whose byte in `mask` is not 0; one frame passes after up to `most_noops`."""

    def step(self, buttons: Any, frames: int, press: int, observation: Any, watch: Any, *, active: Any = None) -> None:
        """Runs `frames` frames, the buttons held for the first `press` of them."""

    def show(self, observation: Any, watch: Any) -> None:
        """Writes observations and watched memory as they are now."""

    def run_frames(self, index: int, count: int, buttons: int, draw: bool) -> None: ...
    def run_until_cycles(self, index: int, cycles: int, buttons: int) -> None: ...
    def run_to_opcode(self, index: int, opcode: int, cycles: int) -> bool:
        """Runs until this opcode has been executed, or until the clock reaches `cycles`; whether it was."""

    def frame(self, index: int) -> bytes:
        """The last drawn picture, 144 rows of 160 shades."""

    def tile_map(self, index: int) -> bytes: ...
    def read(self, index: int, start: int, length: int) -> bytes: ...
    def write(self, index: int, start: int, bytes: bytes) -> None: ...
    def serial_log(self, index: int) -> bytes:
        """The first 64 KiB that the program sent over serial."""

    def battery_ram(self, index: int) -> bytes: ...
    def is_locked_up(self, index: int) -> bool: ...
    def registers(self, index: int) -> Registers: ...
    def set_registers(self, index: int, registers: Registers) -> None: ...
    def cycles(self, index: int) -> int:
        """T-cycles since the start, 4,194,304 a second."""

    def instructions(self, index: int) -> tuple[int, int]:
        """Instructions executed, and skipped as part of waiting."""

    def state_hash(self, index: int) -> int: ...
    def save_state(self, index: int) -> bytes: ...
    def load_state(self, index: int, state: bytes) -> None: ...
    def set_start(self, state: bytes) -> None:
        """Lets episodes start from a saved state."""

    def set_start_from(self, index: int) -> None:
        """Lets episodes start from a machine as it is now."""

    def copy_state(self, source: int, target: int) -> None: ...
    def set_hooks(self, hooks: list[tuple[int, int]]) -> None:
        """Counts how often the instructions at these (bank, address) are executed."""

    def hook_counts(self) -> list[list[int]]:
        """By machine, in the order of the hooks."""

    def break_next_step(self, index: int) -> None:
        """For tests: the next step of this machine panics."""

def describe_rom(rom: bytes) -> dict[str, Any]:
    """What a cartridge's header says.

    Raises:
        ValueError: it is no cartridge that can be run; the sentence says why.
    """
