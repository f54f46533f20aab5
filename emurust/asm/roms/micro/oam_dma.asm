; Sprite DMA copies 160 bytes, takes 160 M-cycles after a start-up cycle, keeps the CPU out of OAM meanwhile, and its register
; reads back (Pan Docs, "OAM DMA Transfer").

include "../micro_prelude.asm"
header "OAM DMA", 0, 0

begin:
  call lcd_off
  ld hl, $C100
.fill:
  ld a, l
  xor $5A
  ld [hl+], a
  ld a, l
  cp 160
  jr nz, .fill
  ld hl, in_high_memory
  ld de, $FF80
  ld b, in_high_memory_end - in_high_memory
.copy:
  ld a, [hl+]
  ld [de], a
  inc e
  dec b
  jr nz, .copy
  call $FF80
  ld a, b
  call store
  ld a, c
  call store
  ld a, [$FE00]
  call store
  ld a, [$FE9F]
  call store
  ldh a, [DMA]
  call store
  jr done
in_high_memory:
  ld a, $C1
  ldh [DMA], a
  ld hl, $FE9F
rept 3
  nop
endr
  ld b, [hl]
  ld a, 38
.wait:
  dec a
  jr nz, .wait
rept 4
  nop
endr
  ld c, [hl]
  ret
in_high_memory_end:
done:
  jp judge

expected:
  db $FF, $9F ^ $5A, $5A, $9F ^ $5A, $C1
expected_end:

include "../micro_judge.asm"
