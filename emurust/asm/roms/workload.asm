; Workload: a cartridge that always computes and never waits, for measuring an emulator's processor.
;
; Every round takes the game of life one generation on (a torus of 16 x 16 cells, wound by one row), lets the held
; buttons set a cell, sorts 24 random bytes and sums the cells up. All of it reaches memory or the screen, so none of
; it can be left out. Frames are only counted and shown by the VBlank interrupt; the work does not wait for them.

include "hardware.asm"

; At the addresses of Hedgerow, so that one reader serves both.
ready       equ $C000
game_over   equ $C001   ; never set
score       equ $C004   ; word, generations
seed        equ $C006   ; word, state of the random numbers, not 0
frame       equ $C008   ; word, frames since the start
checksum    equ $C010   ; word, Fletcher's sum over all cells and the sorted bytes
index       equ $C012   ; cell under work
neighbours  equ $C013
buttons     equ $C014
row         equ $C015   ; next row of cells to show
moved       equ $C016   ; bytes that the sort moved in this round
list        equ $C020   ; 24 bytes
LIST_LENGTH equ 24
cells       equ $C200
new_cells   equ $C300

org $40
  jp vblank

org $100
  nop
  jp start
header "WORKLOAD", 0, 0

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
  ld hl, $FF80
  ld b, 127
.high:
  xor a
  ld [hl+], a
  dec b
  jr nz, .high
  ld hl, $FE00
  ld b, 160
.sprites:
  xor a
  ld [hl+], a
  dec b
  jr nz, .sprites
  ld hl, $8010
  ld de, tile
  ld b, 16
.tile:
  ld a, [de]
  inc de
  ld [hl+], a
  dec b
  jr nz, .tile
  ld a, 1
  ld [seed], a
  ld hl, cells
.cells:
  call random
  and 1
  ld [hl+], a
  ld a, h
  cp high(new_cells)
  jr nz, .cells
  ld a, $E4
  ldh [BGP], a
  xor a
  ldh [SCX], a
  ldh [SCY], a
  ld a, $91
  ldh [LCDC], a
  xor a
  ldh [IF], a
  ld a, 1
  ldh [IE], a
  ld [ready], a
  ei

round:
  call generation
  call read_buttons
  call plant
  call fill_list
  call sort_list
  call sum_up
  ld hl, score
  inc [hl]
  jr nz, round
  inc hl
  inc [hl]
  jr round

generation:
  xor a
  ld [index], a
.cell:
  call count_neighbours
  call decide
  ld a, [index]
  inc a
  ld [index], a
  jr nz, .cell
  ld de, new_cells
  ld hl, cells
.keep:
  ld a, [de]
  ld [hl+], a
  inc e
  jr nz, .keep
  ret

count_neighbours:
  xor a
  ld [neighbours], a
  ld e, -17
  call add_neighbour
  ld e, -16
  call add_neighbour
  ld e, -15
  call add_neighbour
  ld e, -1
  call add_neighbour
  ld e, 1
  call add_neighbour
  ld e, 15
  call add_neighbour
  ld e, 16
  call add_neighbour
  ld e, 17

; Adds the cell at index + e to the count.
add_neighbour:
  push hl
  call cell_at
  ld e, [hl]
  call count
  pop hl
  ret

; Adds e to the count.
count:
  ld a, [neighbours]
  add e
  ld [neighbours], a
  ret

; hl = the cell at index + e.
cell_at:
  ld h, high(cells)
  ld a, [index]
  add e
  ld l, a
  ret

; Born with three neighbours, kept with two or three.
decide:
  push bc
  ld h, high(cells)
  ld a, [index]
  ld l, a
  ld b, [hl]
  ld h, high(new_cells)
  ld a, [neighbours]
  or b
  ld [hl], 0
  cp 3
  jr nz, .done
  ld [hl], 1
.done:
  pop bc
  ret

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
  cpl
  and $0F
  swap a
  or b
  ld [buttons], a
  ld a, $30
  ldh [P1], a
  ret

; Sets two random cells, so that the field never dies, and one where the held buttons say.
plant:
  ld h, high(cells)
  call random_low
  ld [hl], 1
  call random_low
  ld [hl], 1
  ld a, [buttons]
  and a
  ret z
  ld l, a
  ld [hl], 1
  ret

random_low:
  call random
  ld l, a
  ret

; a = the next random byte: a 16-bit xorshift by 7, 9 and 8.
random:
  push bc
  push hl
  ld a, [seed]
  ld l, a
  ld a, [seed + 1]
  ld h, a
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
  pop hl
  pop bc
  ret

fill_list:
  ld hl, list
  ld b, LIST_LENGTH
.next:
  call random
  ld [hl+], a
  dec b
  jr nz, .next
  ret

; By insertion: each byte moves down past the larger ones.
sort_list:
  xor a
  ld [moved], a
  ld c, 1
.insert:
  ld a, low(list)
  add c
  ld l, a
  ld h, high(list)
.down:
  call order
  jr c, .placed
  ld a, l
  cp low(list)
  jr nz, .down
.placed:
  inc c
  ld a, c
  cp LIST_LENGTH
  jr nz, .insert
  ret

; Swaps the byte at hl with the one before if that is larger, and hl follows; carry set if they stood right.
order:
  push de
  ld d, [hl]
  dec l
  ld e, [hl]
  ld a, d
  cp e
  jr nc, .right
  ld [hl], d
  inc l
  ld [hl], e
  dec l
  ld a, [moved]
  inc a
  ld [moved], a
  pop de
  and a
  ret
.right:
  pop de
  scf
  ret

sum_up:
  ld bc, 0
  ld hl, cells
.cell:
  call add_to_sum
  inc l
  jr nz, .cell
  ld hl, list
.byte:
  call add_to_sum
  inc l
  ld a, l
  cp low(list) + LIST_LENGTH
  jr nz, .byte
  ld a, b
  ld [checksum], a
  ld a, c
  ld [checksum + 1], a
  ret

add_to_sum:
  ld a, [hl]
  add b
  ld b, a
  add c
  ld c, a
  ret

; Counts the frame and shows four rows of cells.
vblank:
  push af
  push bc
  push de
  push hl
  ld hl, frame
  inc [hl]
  jr nz, .counted
  inc hl
  inc [hl]
.counted:
  ld a, [row]
  ld c, a
  swap a
  ld e, a
  ld d, high(cells)
  ld b, 4
.row:
  ld l, c
  ld h, 0
  add hl, hl
  add hl, hl
  add hl, hl
  add hl, hl
  add hl, hl
  ld a, h
  add $98
  ld h, a
  ld a, l
  add 2
  ld l, a
  push bc
  ld b, 16
.cell:
  ld a, [de]
  inc e
  ld [hl+], a
  dec b
  jr nz, .cell
  pop bc
  inc c
  dec b
  jr nz, .row
  ld a, c
  and 15
  ld [row], a
  pop hl
  pop de
  pop bc
  pop af
  reti

tile:
  px "........", ".11111..", ".122221.", ".12##21."
  px ".12##21.", ".122221.", ".11111..", "........"
