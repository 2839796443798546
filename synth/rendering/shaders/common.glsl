// Flows in: u_object, one instance's numbers, filled by models.object_uniforms in this order.
// Every pass must compute gl_Position by the same expression, or hidden and visible pixels of one object disagree.
uniform vec4 u_object[14];

mat4 clip_from_object() { return mat4(u_object[0], u_object[1], u_object[2], u_object[3]); }
mat3 world_from_object_rotation() { return mat3(u_object[4].xyz, u_object[5].xyz, u_object[6].xyz); }
// The material's base colour is in these rows.
vec4 color_row_r() { return u_object[7]; }
vec4 color_row_g() { return u_object[8]; }
vec4 color_row_b() { return u_object[9]; }
float metallic_factor() { return u_object[10].x; }
float roughness_factor() { return u_object[10].y; }
float alpha_cutoff() { return u_object[10].z; }
uint instance_id() { return uint(u_object[10].w); }
vec3 emissive_factor() { return u_object[11].xyz; }
float base_alpha() { return u_object[11].w; }
uint amodal_bit() { return uint(u_object[12].x) | (uint(u_object[12].y) << 16); }
float wear_share() { return u_object[13].x; }
// Seen from aside, from a direction in which no side of a box is seen edge-on.
vec2 wear_place(vec3 position) { return (position.xy + position.z * vec2(0.6, 0.8)) * u_object[13].y + u_object[13].zw; }
