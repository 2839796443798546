// Flows in: nothing but three vertex numbers. Flows out: one triangle that covers the screen, and the screen's place.
out vec2 v_screen;

void main() {
    v_screen = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);
    gl_Position = vec4(v_screen * 2.0 - 1.0, 0.0, 1.0);
}
