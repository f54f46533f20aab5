; Appends a to the results; nothing changes but flags.
store:
  push hl
  push af
  ld a, [next_low]
  ld l, a
  ld h, high(results)
  inc a
  ld [next_low], a
  pop af
  ld [hl], a
  pop hl
  ret

; Waits for the vertical blank and switches the LCD off.
lcd_off:
  ldh a, [LY]
  cp 145
  jr nz, lcd_off
  xor a
  ldh [LCDC], a
  ret

judge:
  di
  ld hl, expected
  ld de, results
.next:
  ld a, l
  cp low(expected_end)
  jr nz, .compare
  ld a, h
  cp high(expected_end)
  jr z, .passed
.compare:
  ld a, [de]
  cp [hl]
  jr nz, .failed
  inc hl
  inc de
  jr .next
.passed:
  ld b, 3
  ld c, 5
  ld d, 8
  ld e, 13
  ld h, 21
  ld l, 34
  jr .verdict
.failed:
  ld a, e
  ld [first_bad], a
  ld b, $42
  ld c, b
  ld d, b
  ld e, b
  ld h, b
  ld l, b
.verdict:
  ld b, b
.stop:
  jr .stop
