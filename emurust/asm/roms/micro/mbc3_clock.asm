; The clock of the MBC3 (Pan Docs, "MBC3"): its registers stand in the place of RAM, are seen as they were when last latched
; by a 0 and a 1, stop with bit 6 of 0C, and carry into each other; past day 511 bit 7 of 0C is set and stays.

include "../micro_prelude.asm"
header "MBC3 CLOCK", $10, $03

begin:
  ld a, $0A
  ld [$0000], a
  ld bc, $0C41          ; stopped, ninth bit of the days
  call set
  ld bc, $0BFF
  call set
  ld bc, $0A17
  call set
  ld bc, $093B
  call set
  ld bc, $083B
  call set
  call second
  call latch
  ld b, $08
  call show             ; it stood still
  ld bc, $0C01
  call set
  call second
  ld b, $08
  call show             ; not latched
  call latch
  ld b, $08
.register:
  call show
  inc b
  ld a, b
  cp $0D
  jr nz, .register
  call second
  call latch
  ld b, $0C
  call show             ; the carry stays
  ld bc, $0C00
  call set
  ld b, $0C
  call show             ; until it is written
  ld a, 2
  ld [$4000], a
  ld a, $5A
  ld [$A123], a
  ld b, $08
  ld a, b
  ld [$4000], a
  ld a, [$A123]
  cp $5A
  ld a, 0
  jr z, .same
  inc a
.same:
  call store            ; a register there
  ld a, 2
  ld [$4000], a
  ld a, [$A123]
  call store            ; and RAM again
  jp judge

; Writes c to register b.
set:
  ld a, b
  ld [$4000], a
  ld a, c
  ld [$A000], a
  ret

; Stores what register b shows.
show:
  ld a, b
  ld [$4000], a
  ld a, [$A000]
  jp store

latch:
  xor a
  ld [$6000], a
  inc a
  ld [$6000], a
  ret

; Waits for more than a second and less than two.
second:
  ld c, 61
.frame:
  ldh a, [LY]
  cp 144
  jr nz, .frame
.over:
  ldh a, [LY]
  cp 144
  jr z, .over
  dec c
  jr nz, .frame
  ret

expected:
  db 59, 59
  db 0, 0, 0, 0, $80
  db $80, 0
  db 1, $5A
expected_end:

include "../micro_judge.asm"
