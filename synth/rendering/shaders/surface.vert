// Flows in: the corners of the plane z = 0, metres. Flows out: the same on the screen, and the texture's place.
layout(location = 0) in vec2 position;
uniform mat4 u_clip_from_world;
uniform mat3 u_uv_from_world;
uniform float u_half_size_m;
out vec3 v_uvw;

void main() {
    vec2 place = position * u_half_size_m;
    v_uvw = u_uv_from_world * vec3(place, 1.0);
    gl_Position = u_clip_from_world * vec4(place, 0.0, 1.0);
}
