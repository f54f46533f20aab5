; MBC1: bank 0 cannot be had at 4000, 1 stands there in its place, and only the low bits of the bank count that the cartridge
; has (Pan Docs, "MBC1"). RAM answers FF until 0A opens it.

include "../micro_prelude.asm"
header "MBC1 BANKS", $03, $02

begin:
  ld a, 0
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 1
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 2
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 3
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 7
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 8
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, 226
  ld [$2000], a
  ld a, [$7FFF]
  call store
  ld a, $5A
  ld [$A000], a
  ld a, [$A000]
  call store
  ld a, $0A
  ld [$0000], a
  ld a, $5A
  ld [$A000], a
  ld a, [$A000]
  call store
  ld a, $0B
  ld [$0000], a
  ld a, [$A000]
  call store
  jp judge

expected:
  db 1, 1, 2, 3, 7, 0, 2
  db $FF, $5A, $FF
expected_end:

include "../micro_judge.asm"

bank 1
  ds $3FFF
  db 1
bank 2
  ds $3FFF
  db 2
bank 3
  ds $3FFF
  db 3
bank 4
  ds $3FFF
  db 4
bank 5
  ds $3FFF
  db 5
bank 6
  ds $3FFF
  db 6
bank 7
  ds $3FFF
  db 7
