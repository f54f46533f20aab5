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
