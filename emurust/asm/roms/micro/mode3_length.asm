; What lengthens mode 3, and so shortens the horizontal blank (Pan Docs, "Mode 3 length" and "OBJ penalty algorithm"): the
; pixels of SCX that are dropped, 6 dots of a window, and for an object 6 dots and up to 5 more until its tile is fetched.
; After the mode 0 interrupt the CPU waits; the result is by how many M-cycles less than in a plain line it has to until LY
; counts on: the dots, divided by four and rounded up.

include "../micro_prelude.asm"
header "MODE 3 LENGTH", 0, 0

LINE  equ 64
FIRST equ 24            ; M-cycles of the shortest wait that is tried

begin:
  ld a, 2
  ldh [IE], a
  ld b, 1
  ld a, 168
  call objects          ; right of the picture
  call measure
  ld d, a
  ld e, 0
.scroll:
  ld a, e
  ldh [SCX], a
  call compare
  inc e
  ld a, e
  cp 8
  jr nz, .scroll
  xor a
  ldh [SCX], a
  ld a, 168
  ld b, 10
  call objects
  call compare          ; nothing
  xor a
  ld b, 1
  call objects
  call compare          ; 6 + 5 dots
  xor a
  ld b, 2
  call objects
  call compare          ; 12 + 5
  xor a
  ld b, 10
  call objects
  call compare          ; 60 + 5
  ld a, 10
  ld b, 1
  call objects
  call compare          ; 6 + 3
  ld a, 167
  ld b, 1
  call objects
  call compare          ; 6
  ld a, 160
  ld b, 12
  call objects
  call compare          ; 60 + 5: two of the twelve are not found
  call lcd_off
  ld a, 7
  ldh [WX], a
  xor a
  ldh [WY], a
  ld a, $B1
  ldh [LCDC], a
  call compare          ; 6
  ld a, 200
  ldh [WY], a
  jp judge

; Stores by how much the wait is shorter than in a plain line.
compare:
  call measure
  ld b, a
  ld a, d
  sub b
  jp store

; a = M-cycles from the mode 0 interrupt until LY has counted on, less a constant.
measure:
  ld c, FIRST
.attempt:
  call look
  cp LINE
  ld a, c
  ret nz
  inc c
  jr .attempt

; a = LY, c M-cycles and a constant after the mode 0 interrupt of the line.
look:
  ld hl, slide_end
  ld a, l
  sub c
  ld l, a
  jr nc, .wait
  dec h
.wait:
  ldh a, [LY]
  cp LINE
  jr nz, .wait
  ld a, $08
  ldh [STAT], a
  xor a
  ldh [IF], a
  halt
  jp hl
rept 64
  nop
endr
slide_end:
  ldh a, [LY]
  ret

; b objects at x = a on the line, and no others.
objects:
  ld c, a
  call lcd_off
  ld hl, $FE00
.shown:
  ld [hl], LINE + 16
  inc l
  ld [hl], c
  inc l
  inc l
  inc l
  dec b
  jr nz, .shown
.hidden:
  ld [hl], 0
  inc l
  ld a, l
  cp 160
  jr nz, .hidden
  ld a, $93
  ldh [LCDC], a
  ret

expected:
  db 0, 1, 1, 1, 1, 2, 2, 2
  db 0, 3, 5, 17, 3, 2, 17
  db 2
expected_end:

include "../micro_judge.asm"
