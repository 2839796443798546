// Flows in: a mesh. Flows out: where it lies, for passes that need no shading (shadow, amodal), and its texture place.
layout(location = 0) in vec3 position;
layout(location = 2) in vec2 uv;
out vec2 v_uv;
invariant gl_Position;

void main() {
    v_uv = uv;
    gl_Position = clip_from_object() * vec4(position, 1.0);
}
