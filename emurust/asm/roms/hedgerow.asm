; Hedgerow: fly through the gaps of the hedges, gather the berries, keep clear of the wasps.
;
; A game for agents: no title screen, one button press is one movement, everything that counts stands at a fixed
; address. The field scrolls to the left; hedges come every 80 pixels, each with one gap and a berry in it. Touching a
; hedge or a wasp costs a life. Eight berries raise the level: more speed, narrower gaps, wasps, and one life back.
; All x below are screen x + 16, so that what leaves the screen to the left stays positive; all y are screen y.

include "hardware.asm"

; Memory that an agent or its environment may read; the environment writes `seed`.
ready       equ $C000   ; 1 once the game runs
game_over   equ $C001   ; 1 once the last life is lost; everything then stands still
lives       equ $C002   ; 3 at the start, at most 5
level       equ $C003   ; 1 at the start
score       equ $C004   ; word, berries gathered
seed        equ $C006   ; word, state of the random numbers, not 0
frame       equ $C008   ; word, frames since the start
clock       equ $C00A   ; timer interrupts, one a frame
; Sixteen bytes for policies that look at memory.
player_x    equ $C010   ; pixels
player_y    equ $C011
safe        equ $C012   ; frames for which nothing can hurt
speed       equ $C013   ; of the field, 1/16 pixel a frame
gate0       equ $C014   ; next hedge: x, top of the gap, height of the gap, 1 while its berry hangs; x 0 means none
gate1       equ $C018   ; the hedge after it
wasp0       equ $C01C   ; x, y; x 0 means none
wasp1       equ $C01E

; The rest is the game's own.
gates       equ $C020   ; four hedges as above
wasps       equ $C030   ; two wasps: x, y, direction, frames until it turns
gate_next   equ $C038   ; slot of `gates` that the next hedge takes, the oldest one
phase       equ $C039   ; columns of the field since the last hedge began
berries     equ $C03A   ; gathered on this level
buttons     equ $C03B   ; held: right left up down A B select start, from bit 0
advance     equ $C03C   ; pixels that the field moved in this frame
fraction    equ $C03D   ; of the field's position, 1/16 pixel
sky_parts   equ $C03E   ; of the sky's position, 1/4 pixel
is_column   equ $C03F   ; 1 while a new column waits for VBlank
column_low  equ $C040   ; where it goes, low byte of the address
column      equ $C050   ; its 14 tiles
hud         equ $C060   ; tiles: five digits of the score, two of the level, five hearts
oam         equ $C100   ; copied to the sprite table at every VBlank
is_vblank   equ $FFF0
field_x     equ $FFF1   ; scroll positions of field and sky
sky_x       equ $FFF2
oam_copy    equ $FF80

GATE_PERIOD equ 10      ; columns
MOST_LIVES  equ 5
SAFE_FRAMES equ 90
TOP_SPEED   equ 28
SKY_LINES   equ 16
ROWS        equ 14      ; of the field
TICK_STEPS  equ 40      ; from the vertical blank to the timer's interrupt, of 256 cycles each: the middle of the picture

TILE_GRASS  equ 0
TILE_HEDGE  equ 2
TILE_SKY    equ 4
TILE_EARTH  equ 7
TILE_BIRD   equ 8       ; left and right half, wings up; then down
TILE_BERRY  equ 16
TILE_WASP   equ 18
TILE_HEART  equ 22
TILE_BLANK  equ 23
TILE_FONT   equ 24      ; digits, then the letters of WORDS

org $40
  jp vblank
org $48
  jp line
org $50
  jp tick

org $100
  nop
  jp start
header "HEDGEROW", 0, 0

org $150
start:
  di
  ld sp, $E000
.wait:
  ldh a, [LY]
  cp 144
  jr c, .wait
  xor a
  ldh [LCDC], a
  ld hl, $C000
.wram:
  xor a
  ld [hl+], a
  ld a, h
  cp $E0
  jr nz, .wram
  ld hl, $8000
.vram:
  xor a
  ld [hl+], a
  ld a, h
  cp $A0
  jr nz, .vram
  ld hl, $FE00
  ld b, 160
  call clear
  ld hl, $FF80
  ld b, 127
  call clear
  ld hl, tiles
  ld de, $8000
  ld bc, tiles_end - tiles
  call copy
  ld hl, oam_copy_code
  ld de, oam_copy
  ld bc, oam_copy_end - oam_copy_code
  call copy
  call draw_maps
  ld a, 1
  ld [level], a
  ld [seed], a
  ld a, 3
  ld [lives], a
  ld a, 16
  ld [speed], a
  ld a, 40
  ld [player_x], a
  ld a, 64
  ld [player_y], a
  ld a, $E4
  ldh [BGP], a
  ldh [OBP0], a
  ld a, $D0
  ldh [OBP1], a
  ld a, 128
  ldh [WY], a
  ld a, 7
  ldh [WX], a
  xor a
  ldh [SCX], a
  ldh [SCY], a
  ldh [TIMA], a
  ldh [DIV], a
  ld a, 256 - TICK_STEPS
  ldh [TMA], a
  ld a, SKY_LINES - 1
  ldh [LYC], a
  ld a, $40
  ldh [STAT], a
  ld a, $04
  ldh [TAC], a
  ld a, $F7
  ldh [LCDC], a
  xor a
  ldh [IF], a
  ld a, $07
  ldh [IE], a
  call show
  ld a, 1
  ld [ready], a
  ei
main:
  halt
  nop
  ldh a, [is_vblank]
  and a
  jr z, main
  xor a
  ldh [is_vblank], a
  call play
  jr main

; Clears b bytes from hl on.
clear:
  xor a
.next:
  ld [hl+], a
  dec b
  jr nz, .next
  ret

; Copies bc bytes from hl to de.
copy:
  ld a, [hl+]
  ld [de], a
  inc de
  dec bc
  ld a, b
  or c
  jr nz, copy
  ret

; Sky, field and the words below it.
draw_maps:
  ld hl, $9800
  ld c, 2
.sky:
  ld de, clouds
  ld b, 32
.sky_tile:
  ld a, [de]
  inc de
  bit 1, c
  jr nz, .cloudy
  xor a
.cloudy:
  add TILE_SKY
  ld [hl+], a
  dec b
  jr nz, .sky_tile
  dec c
  jr nz, .sky
  ld hl, $9C00
  ld b, 32
  ld a, TILE_BLANK
.words:
  ld [hl+], a
  dec b
  jr nz, .words
  ld b, 32
  ld a, TILE_EARTH
.earth:
  ld [hl+], a
  dec b
  jr nz, .earth
  ld hl, word_score
  ld de, $9C00
  ld bc, 5
  call copy
  ld hl, word_level
  ld de, $9C0C
  ld bc, 1
  jp copy

; Interrupts -----------------------------------------------------------------------------------------------------

vblank:
  push af
  push bc
  push de
  push hl
  call oam_copy
  ld a, [is_column]
  and a
  jr z, .no_column
  xor a
  ld [is_column], a
  ld a, [column_low]
  ld l, a
  ld h, $98
  ld de, column
  ld b, ROWS
.tile:
  ld a, [de]
  inc e
  ld [hl], a
  ld a, l
  add 32
  ld l, a
  jr nc, .same_page
  inc h
.same_page:
  dec b
  jr nz, .tile
.no_column:
  ld hl, $9C06
  ld de, hud
  ld b, 5
  call show_tiles
  ld l, $0D
  ld b, 2
  call show_tiles
  ld l, $0F
  ld b, 5
  call show_tiles
  ld a, [game_over]
  and a
  jr z, .running
  ld hl, $9C25
  ld de, words_over
  ld b, 9
  call show_tiles
.running:
  ; The timer starts anew with every frame, so that it never strikes while the game is at work.
  ldh [DIV], a
  ld a, 256 - TICK_STEPS
  ldh [TIMA], a
  ldh a, [sky_x]
  ldh [SCX], a
  ld a, 1
  ldh [is_vblank], a
  pop hl
  pop de
  pop bc
  pop af
  reti

show_tiles:
  ld a, [de]
  inc de
  ld [hl+], a
  dec b
  jr nz, show_tiles
  ret

; The last line of the sky: once it is drawn, the field's own scroll position holds.
line:
  push af
  ld a, 15
.drawing:
  dec a
  jr nz, .drawing
  ldh a, [field_x]
  ldh [SCX], a
  pop af
  reti

tick:
  push af
  ld a, [clock]
  inc a
  ld [clock], a
  pop af
  reti

; Runs in high memory, the only one that the CPU reaches while sprites are copied.
oam_copy_code:
  ld a, high(oam)
  ldh [DMA], a
  ld a, 40
oam_copy_wait:
  dec a
  jr nz, oam_copy_wait
  ret
oam_copy_end:

; One frame ------------------------------------------------------------------------------------------------------

play:
  ld hl, frame
  inc [hl]
  jr nz, .counted
  inc hl
  inc [hl]
.counted:
  call read_buttons
  ld a, [game_over]
  and a
  jr nz, show
  ld hl, safe
  ld a, [hl]
  and a
  jr z, .vulnerable
  dec [hl]
.vulnerable:
  call move_player
  call move_field
  call move_gates
  call move_wasps
  call meet_gates
  call meet_wasps
show:
  call describe
  call draw_sprites
  jp draw_hud

read_buttons:
  ld a, $20
  ldh [P1], a
  ldh a, [P1]
  ldh a, [P1]
  cpl
  and $0F
  ld b, a
  ld a, $10
  ldh [P1], a
  ldh a, [P1]
  ldh a, [P1]
  ldh a, [P1]
  ldh a, [P1]
  cpl
  and $0F
  swap a
  or b
  ld [buttons], a
  ld a, $30
  ldh [P1], a
  ret

move_player:
  ld a, [buttons]
  ld b, a
  ld hl, player_y
  bit 2, b
  jr z, .not_up
  ld a, [hl]
  cp SKY_LINES + 2
  jr c, .not_up
  sub 2
  ld [hl], a
.not_up:
  bit 3, b
  jr z, .not_down
  ld a, [hl]
  cp 111
  jr nc, .not_down
  add 2
  ld [hl], a
.not_down:
  ld hl, player_x
  bit 1, b
  jr z, .not_left
  ld a, [hl]
  cp 25
  jr c, .not_left
  dec [hl]
.not_left:
  bit 0, b
  ret z
  ld a, [hl]
  cp 88
  ret nc
  inc [hl]
  ret

move_field:
  ld a, [speed]
  ld b, a
  ld a, [fraction]
  add b
  ld b, a
  and $0F
  ld [fraction], a
  ld a, b
  swap a
  and $0F
  ld [advance], a
  ld b, a
  ld a, [sky_parts]
  add b
  ld c, a
  and 3
  ld [sky_parts], a
  srl c
  srl c
  ldh a, [sky_x]
  add c
  ldh [sky_x], a
  ldh a, [field_x]
  ld c, a
  add b
  ldh [field_x], a
  xor c
  and 8
  ret z

; The field moved on by a whole column: makes the one that will come into sight next.
new_column:
  ld a, [phase]
  and a
  call z, new_gate
  ldh a, [field_x]
  srl a
  srl a
  srl a
  add 21
  and 31
  add $40
  ld [column_low], a
  ld a, 1
  ld [is_column], a
  ld de, column
  ld a, [phase]
  cp 2
  jr c, .hedge
  call random
  ld b, ROWS
.grass:
  add hl, hl
  sbc a
  and 1
  add TILE_GRASS
  ld [de], a
  inc e
  dec b
  jr nz, .grass
  jr .next_phase
.hedge:
  call newest_gate
  inc l
  ld a, [hl+]
  sub SKY_LINES
  ld c, a
  ld h, [hl]
  ld b, 0
.row:
  ld a, b
  sub c
  cp h
  ld a, TILE_GRASS
  jr c, .gap
  ld a, [phase]
  add TILE_HEDGE
.gap:
  ld [de], a
  inc e
  ld a, b
  add 8
  ld b, a
  cp ROWS * 8
  jr nz, .row
.next_phase:
  ld hl, phase
  inc [hl]
  ld a, [hl]
  cp GATE_PERIOD
  ret nz
  ld [hl], 0
  ret

; hl = the hedge made last.
newest_gate:
  ld a, [gate_next]
  dec a
  jr slot
; hl = the slot that the next hedge takes.
next_gate:
  ld a, [gate_next]
slot:
  and 3
  add a
  add a
  add low(gates)
  ld l, a
  ld h, high(gates)
  ret

new_gate:
  call random
  ld d, a
  ld a, [level]
  cp 3
  ld bc, $0528          ; five rows, 40 pixels
  jr c, .wide
  ld bc, $0420
.wide:
  ld a, ROWS + 1
  sub b
  ld b, a               ; how many places there are
  ld a, d
  and 15
  cp b
  jr c, .placed
  sub b
.placed:
  add a
  add a
  add a
  add SKY_LINES
  ld d, a
  call next_gate
  ldh a, [field_x]
  and 7
  ld b, a
  ld a, 184
  sub b
  ld [hl+], a
  ld [hl], d
  inc l
  ld [hl], c
  inc l
  ld [hl], 1
  ld a, [gate_next]
  inc a
  and 3
  ld [gate_next], a
  ld a, [level]
  cp 2
  ret c
; From the second level on every other hedge brings a wasp, if fewer than two are about.
  call random
  bit 7, a
  ret z
  ld hl, wasps
  ld a, [hl]
  and a
  jr z, .free
  ld l, low(wasps) + 4
  ld a, [hl]
  and a
  ret nz
.free:
  ld a, 190
  ld [hl+], a
  push hl
  call random
  pop hl
  and 63
  add 40
  ld [hl+], a
  ld a, $FF
  ld [hl+], a
  ld [hl], 24
  ret

; a, h = the next random byte, hl the whole state: a 16-bit xorshift by 7, 9 and 8.
random:
  ld a, [seed]
  ld l, a
  ld a, [seed + 1]
  ld h, a
  push bc
  ld a, l
  rrca
  and $80
  ld c, a
  ld a, h
  rra
  ld a, l
  rra
  xor h
  ld h, a
  ld a, c
  xor l
  ld l, a
  ld a, h
  srl a
  xor l
  ld l, a
  xor h
  ld h, a
  ld a, l
  ld [seed], a
  ld a, h
  ld [seed + 1], a
  pop bc
  ret

move_gates:
  ld a, [advance]
  ld c, a
  ld b, 4
  ld hl, gates
  ld de, 4
.gate:
  ld a, [hl]
  sub c
  jr nc, .on_screen
  xor a
.on_screen:
  ld [hl], a
  add hl, de
  dec b
  jr nz, .gate
  ret

move_wasps:
  ld hl, wasps
  call move_wasp
  ld hl, wasps + 4
move_wasp:
  ld a, [hl]
  and a
  ret z
  ld a, [advance]
  inc a
  ld b, a
  ld a, [hl]
  sub b
  jr nc, .on_screen
  xor a
.on_screen:
  ld [hl+], a
  ld a, [hl+]
  add [hl]
  dec l
  ld [hl+], a
  inc l
  dec [hl]
  ret nz
  ld [hl], 24
  dec l
  ld a, [hl]
  cpl
  inc a
  ld [hl], a
  ret

; Hedges and berries.
meet_gates:
  ld hl, gates
  ld b, 4
.gate:
  push bc
  push hl
  ld a, [hl]
  and a
  call nz, meet_gate
  pop hl
  pop bc
  ld de, 4
  add hl, de
  dec b
  jr nz, .gate
  ret

meet_gate:
  ld b, a
  ld a, [player_x]
  add 14
  cp b
  ret c                 ; the bird has not reached the hedge
  ret z
  sub 28
  cp b
  ret nc                ; or is through
  inc l
  ld d, [hl]            ; top of the gap
  inc l
  ld e, [hl]            ; its height
  inc l
  push hl
  ld a, [player_y]
  add 2
  sub d
  jr c, .hit
  add 12
  cp e
  jr c, .through
  jr z, .through
.hit:
  call hurt
.through:
  pop hl
  ld a, [hl]
  and a
  ret z
  ld a, e
  srl a
  sub 8
  add d
  ld b, a               ; y of the berry
  ld a, [player_y]
  sub b
  jr nc, .below
  cpl
  inc a
.below:
  cp 10
  ret nc
  ld [hl], 0
  ld hl, score
  inc [hl]
  jr nz, .no_carry
  inc l
  inc [hl]
.no_carry:
  ld hl, berries
  inc [hl]
  ld a, [hl]
  cp 8
  ret nz
  ld [hl], 0
  ld hl, level
  ld a, [hl]
  cp 99
  jr z, .top_level
  inc [hl]
.top_level:
  ld hl, speed
  ld a, [hl]
  cp TOP_SPEED
  jr nc, .top_speed
  add 2
  ld [hl], a
.top_speed:
  ld hl, lives
  ld a, [hl]
  cp MOST_LIVES
  ret nc
  inc [hl]
  ret

meet_wasps:
  ld hl, wasps
  call meet_wasp
  ld hl, wasps + 4
meet_wasp:
  ld a, [hl+]
  and a
  ret z
  ld b, a
  ld a, [player_x]
  add 4
  sub b
  jr nc, .to_the_right
  cpl
  inc a
.to_the_right:
  cp 10
  ret nc
  ld b, [hl]
  ld a, [player_y]
  sub b
  jr nc, .below
  cpl
  inc a
.below:
  cp 11
  ret nc

; Takes a life, unless the last one was lost a moment ago.
hurt:
  ld a, [safe]
  and a
  ret nz
  ld a, SAFE_FRAMES
  ld [safe], a
  ld hl, lives
  dec [hl]
  ret nz
  ld a, 1
  ld [game_over], a
  ret

; Copies the two hedges ahead and the wasps to where policies look.
describe:
  xor a
  ld [gate0], a
  ld [gate1], a
  ld a, [gate_next]
  ld c, a
  ld b, 4
  ld de, gate0
.gate:
  ld a, c
  call slot
  ld a, [hl]
  and a
  jr z, .passed
  add 14
  push bc
  ld b, a
  ld a, [player_x]
  cp b
  pop bc
  jr nc, .passed
  ld a, e
  cp low(gate1) + 4
  jr nc, .passed
  push bc
  ld b, 4
.byte:
  ld a, [hl+]
  ld [de], a
  inc e
  dec b
  jr nz, .byte
  pop bc
.passed:
  inc c
  dec b
  jr nz, .gate
  ld hl, wasps
  ld de, wasp0
  ld a, [hl+]
  ld [de], a
  inc e
  ld a, [hl]
  ld [de], a
  inc e
  ld l, low(wasps) + 4
  ld a, [hl+]
  ld [de], a
  inc e
  ld a, [hl]
  ld [de], a
  ret

; Sprites --------------------------------------------------------------------------------------------------------

draw_sprites:
  ld hl, oam
  ld b, 160
  call clear
  ld de, oam
  ld a, [safe]
  bit 2, a
  jr nz, .hidden        ; the bird blinks while it is safe
  ld a, [clock]
  and 8
  rrca
  add TILE_BIRD
  ld c, a
  ld a, [player_y]
  ld b, a
  ld a, [player_x]
  call draw_sprite
  inc c
  inc c
  ld a, [player_x]
  add 8
  call draw_sprite
.hidden:
  ld hl, gates
.berry:
  ld a, [hl+]
  push af
  ld b, [hl]
  inc l
  ld a, [hl+]
  srl a
  sub 8
  add b
  ld b, a
  pop af
  bit 0, [hl]
  inc l
  and a
  jr z, .no_berry
  push hl
  dec l
  bit 0, [hl]
  pop hl
  ld c, TILE_BERRY
  jr z, .no_berry
  add 4
  call draw_sprite
.no_berry:
  ld a, l
  cp low(gates) + 16
  jr nz, .berry
  ld hl, wasps
  call .wasp
  ld hl, wasps + 4
.wasp:
  ld a, [hl+]
  and a
  ret z
  ld b, [hl]
  push af
  ld a, [clock]
  and 4
  rrca
  add TILE_WASP
  ld c, a
  pop af

; Adds a sprite at x = a, y = b with tile c to the list at de.
draw_sprite:
  push af
  ld a, b
  add 16
  ld [de], a
  inc e
  pop af
  sub 8
  ld [de], a
  inc e
  ld a, c
  ld [de], a
  inc e
  xor a
  ld [de], a
  inc e
  ret

draw_hud:
  ld a, [score]
  ld l, a
  ld a, [score + 1]
  ld h, a
  ld bc, hud
  ld de, -10000
  call digit
  ld de, -1000
  call digit
  ld de, -100
  call digit
  ld de, -10
  call digit
  ld a, l
  add TILE_FONT
  ld [bc], a
  inc c
  ld a, [level]
  ld l, a
  ld h, 0
  ld de, -10
  call digit
  ld a, l
  add TILE_FONT
  ld [bc], a
  inc c
  ld a, [lives]
  ld d, a
  ld e, MOST_LIVES
.heart:
  ld a, d
  and a
  ld a, TILE_BLANK
  jr z, .no_heart
  ld a, TILE_HEART
  dec d
.no_heart:
  ld [bc], a
  inc c
  dec e
  jr nz, .heart
  ret

; The tile of how often -de goes into hl, to bc; hl keeps the rest.
digit:
  ld a, TILE_FONT - 1
.more:
  inc a
  add hl, de
  jr c, .more
  ld [bc], a
  inc c
  ld a, l
  sub e
  ld l, a
  ld a, h
  sbc d
  ld h, a
  ret

; Words as tiles; the letters stand behind the digits in the order S C O R E L G A M V.
word_score:
  db TILE_FONT + 10, TILE_FONT + 11, TILE_FONT + 12, TILE_FONT + 13, TILE_FONT + 14
word_level:
  db TILE_FONT + 15
words_over:
  db TILE_FONT + 16, TILE_FONT + 17, TILE_FONT + 18, TILE_FONT + 14, TILE_BLANK
  db TILE_FONT + 12, TILE_FONT + 19, TILE_FONT + 14, TILE_FONT + 13
clouds:
  db 0, 0, 1, 2, 0, 0, 0, 0, 1, 2, 2, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 1, 2, 2, 0, 0, 0, 0

include "hedgerow_tiles.asm"
