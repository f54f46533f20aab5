; MBC1 as wired in collections of four games (Pan Docs, "MBC1M"): BANK2 counts from bit 4 on, and BANK1's bit 4 is not wired,
; though a 0 still becomes 1 by all five bits: so that 10 gives bank 0 of a game. A collection is known by the logo area
; that its games repeat.

include "../micro_prelude.asm"
header "MULTICART", $01, $00

begin:
  ld c, 0
  call game
  ld c, 1
  call game
  ld c, 3
  ld a, c
  ld [$4000], a
  ld a, $0F
  call show
  jp judge

; Stores what some banks of game c show.
game:
  ld a, c
  ld [$4000], a
  xor a
  call show
  ld a, 1
  call show
  ld a, $10
  call show
  ld a, $12
  call show
  ld a, $0F
; Stores the last byte of the bank that BANK1 = a brings to 4000.
show:
  ld [$2000], a
  ld a, [$7FFF]
  jp store

expected:
  db 1, 1, $77, 2, 15
  db 17, 17, 16, 18, 31
  db 63
expected_end:

include "../micro_judge.asm"

org $104
  db "TWINENVS"
org $3FFF
  db $77
bank 1
  ds $3FFF
  db 1
bank 2
  ds $3FFF
  db 2
bank 15
  ds $3FFF
  db 15
bank 16
  ds $104
  db "TWINENVS"
  ds $3EF3
  db 16
bank 17
  ds $3FFF
  db 17
bank 18
  ds $3FFF
  db 18
bank 31
  ds $3FFF
  db 31
bank 63
  ds $3FFF
  db 63
