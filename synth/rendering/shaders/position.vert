// Flows in: a mesh. Flows out: where it lies, for passes that need no shading (shadow, outside), and what cuts it out.
layout(location = 0) in vec3 position;
layout(location = 2) in vec2 uv;
layout(location = 3) in vec4 color;
out vec2 v_uv;
out float v_alpha;
invariant gl_Position;

void main() {
    v_uv = uv;
    v_alpha = color.a;
    gl_Position = clip_from_object() * vec4(position, 1.0);
}
