/* A stand-in for the drawing library that the original's header includes: the names it uses, doing nothing. */
#ifndef RAYLIB_STAND_IN_H
#define RAYLIB_STAND_IN_H

typedef struct Color { unsigned char r, g, b, a; } Color;
typedef struct Rectangle { float x, y, width, height; } Rectangle;
typedef struct Vector2 { float x, y; } Vector2;
typedef struct Texture2D { int id; } Texture2D;

#define WHITE ((Color){255, 255, 255, 255})
#define KEY_ESCAPE 256

static void InitWindow(int width, int height, const char *title) { (void)width; (void)height; (void)title; }
static void SetTargetFPS(int fps) { (void)fps; }
static Texture2D LoadTexture(const char *path) { (void)path; return (Texture2D){0}; }
static void CloseWindow(void) {}
static int IsKeyDown(int key) { (void)key; return 0; }
static void BeginDrawing(void) {}
static void EndDrawing(void) {}
static void ClearBackground(Color color) { (void)color; }
static void DrawRectangle(int x, int y, int width, int height, Color color) {
    (void)x; (void)y; (void)width; (void)height; (void)color;
}
static void DrawTexturePro(Texture2D texture, Rectangle from, Rectangle to, Vector2 origin, float angle, Color tint) {
    (void)texture; (void)from; (void)to; (void)origin; (void)angle; (void)tint;
}
static const char *TextFormat(const char *format, ...) { return format; }
static int MeasureText(const char *text, int size) { (void)text; (void)size; return 0; }
static void DrawText(const char *text, int x, int y, int size, Color color) {
    (void)text; (void)x; (void)y; (void)size; (void)color;
}

#endif
