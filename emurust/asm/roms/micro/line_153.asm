; The vertical blank begins with line 144. In the last line, 153, LY reads 0 from its second M-cycle on, though the blank
; lasts to the line's end (Pan Docs, "LY"; gb-ctr).

include "../micro_prelude.asm"
header "LINE 153", 0, 0

begin:
  ld a, $01
  ldh [IE], a
  xor a
  ldh [IF], a
  halt
  nop
  ldh a, [LY]
  call store
  ldh a, [STAT]
  and 3
  call store
  ld a, $40
  ldh [STAT], a
  ld a, $02
  ldh [IE], a
  ld a, 152
  ldh [LYC], a
  xor a
  ldh [IF], a
  halt
  nop
rept 150                ; into the middle of the next line
  nop
endr
  ldh a, [LY]
  call store
  ldh a, [STAT]
  and 3
  call store
  jp judge

expected:
  db 144, 1
  db 0, 1
expected_end:

include "../micro_judge.asm"
