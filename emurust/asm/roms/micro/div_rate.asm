; DIV counts every 64 M-cycles from the moment it is written, whatever is written (Pan Docs, "Timer and Divider").
; The write takes effect in the last cycle of LDH and the read comes in the third of the next one.

include "../micro_prelude.asm"
header "DIV RATE", 0, 0

begin:
  xor a
  ldh [DIV], a
rept 60
  nop
endr
  ldh a, [DIV]
  call store
  xor a
  ldh [DIV], a
rept 61
  nop
endr
  ldh a, [DIV]
  call store
  xor a
  ldh [DIV], a
rept 124
  nop
endr
  ldh a, [DIV]
  call store
  xor a
  ldh [DIV], a
rept 125
  nop
endr
  ldh a, [DIV]
  call store
  ld a, $AB
  ldh [DIV], a
  ldh a, [DIV]
  call store
  jp judge

expected:
  db 0, 1, 1, 2, 0
expected_end:

include "../micro_judge.asm"
