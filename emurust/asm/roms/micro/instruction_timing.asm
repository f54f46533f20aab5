; How long instructions take, in M-cycles: 64 of each, counted by a timer of 4 cycles a step, three steps going into the
; reading (gb-ctr, "SM83 instruction set").

include "../micro_prelude.asm"
header "INSTRUCTION TIM", 0, 0

begin:
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  nop
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  inc bc
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld hl, $C080
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  inc [hl]
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  ld a, [$C080]
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld sp, $DE00
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  push bc
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld sp, $DD00
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  pop bc
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  add sp, 0
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  ld hl, sp + 1
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  ld sp, hl
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  jp @ + 3
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  jr @ + 2
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  ld [$C080], sp
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld hl, $C080
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  set 0, [hl]
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  ld hl, $C080
  ld a, 5
  ldh [TAC], a
  xor a
  ldh [DIV], a
  ldh [TIMA], a
rept 64
  bit 0, [hl]
endr
  ldh a, [TIMA]
  call store
  ld sp, $DFF0
  jp judge

expected:
  db 17   ; nop: 1
  db 33   ; inc bc: 2
  db 49   ; inc [hl]: 3
  db 65   ; ld a, [$C080]: 4
  db 65   ; push bc: 4
  db 49   ; pop bc: 3
  db 65   ; add sp, 0: 4
  db 49   ; ld hl, sp + 1: 3
  db 33   ; ld sp, hl: 2
  db 65   ; jp @ + 3: 4
  db 49   ; jr @ + 2: 3
  db 81   ; ld [$C080], sp: 5
  db 65   ; set 0, [hl]: 4
  db 49   ; bit 0, [hl]: 3
expected_end:

include "../micro_judge.asm"
