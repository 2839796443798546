// Flows in: a mesh with normals, texture places and vertex colours. Flows out: the same, in the world.
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in vec2 uv;
layout(location = 3) in vec4 color;
out vec3 v_normal;
out vec2 v_uv;
#ifdef VERTEX_COLOR
out vec4 v_color;
#endif
#ifdef NORMAL_MAP
out vec3 v_offset;
#endif
#ifdef WEAR_MAP
out vec2 v_wear;
#endif
invariant gl_Position;

void main() {
    v_normal = world_from_object_rotation() * normal;
    v_uv = uv;
#ifdef VERTEX_COLOR
    v_color = color;
#endif
#ifdef NORMAL_MAP
    // Only its derivatives are used, so the object's place and scale don't matter.
    v_offset = world_from_object_rotation() * position;
#endif
#ifdef WEAR_MAP
    v_wear = wear_place(position);
#endif
    gl_Position = clip_from_object() * vec4(position, 1.0);
}
