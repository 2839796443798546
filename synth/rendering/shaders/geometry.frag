// Flows in: surfaces. Flows out, per pixel: what the lighting pass must know, and which instance is seen. The stencil takes
// of every fragment, hidden or not, its instance's bit: the whole outline, from what makes the visible part.
in vec3 v_normal;
in vec2 v_uv;
#ifdef VERTEX_COLOR
in vec4 v_color;
#endif
#ifdef NORMAL_MAP
in vec3 v_offset;
uniform sampler2D u_normal_map;
#endif
#ifdef BASE_COLOR_MAP
uniform sampler2D u_base_color_map;
#endif
#ifdef EMISSIVE_MAP
uniform sampler2D u_emissive_map;
#endif
#ifdef METALLIC_ROUGHNESS_MAP
uniform sampler2D u_metallic_roughness_map;
#endif
#ifdef WEAR_MAP
in vec2 v_wear;
uniform sampler2D u_wear_map;
#endif
layout(location = 0) out vec4 o_albedo_metallic;   // square root of linear colour: 8 bits where the eye needs them
layout(location = 1) out vec4 o_normal_roughness;
layout(location = 2) out uint o_instance;
#ifdef EMISSIVE
layout(location = 3) out vec4 o_emissive;         // and alpha, which only blended surfaces use
#endif

#ifdef NORMAL_MAP
// The tangent frame from screen derivatives: no tangents in the vertex buffer, and mirrored texture places are right.
// Rows run down and the normal faces the eye, so the sums point against u and v. From behind that is right: there glTF
// turns the whole normal round, for what is a bump on one side of a sheet is a dent on the other.
// Source: Mikkelsen, Simulation of wrinkled surfaces revisited, 2008.
vec3 mapped_normal(vec3 normal, float side) {
    vec3 along_x = dFdx(v_offset), along_y = dFdy(v_offset);
    vec2 uv_x = dFdx(v_uv), uv_y = dFdy(v_uv);
    vec3 across_x = cross(along_y, normal), across_y = cross(normal, along_x);
    vec3 tangent = across_x * uv_x.x + across_y * uv_y.x;
    vec3 bitangent = across_x * uv_x.y + across_y * uv_y.y;
    float longest = max(max(dot(tangent, tangent), dot(bitangent, bitangent)), 1e-20);
    vec3 sampled = texture(u_normal_map, v_uv).xyz * 2.0 - 1.0;
    vec3 bend = (tangent * sampled.x + bitangent * sampled.y) * inversesqrt(longest);
    return normalize(normal * sampled.z - side * bend);
}
#endif

// Bumps finer than a pixel become roughness; without it, struck metal sparkles in black and white.
// Source: Tokuyoshi & Kaplanyan, Improved geometric specular antialiasing, 2019, eq. 5, with Filament's constants.
float filtered_roughness(float roughness, vec3 normal) {
    vec3 along_x = dFdx(normal), along_y = dFdy(normal);
    float variance = 0.25 * (dot(along_x, along_x) + dot(along_y, along_y));
    float alpha = roughness * roughness;
    return sqrt(sqrt(min(alpha * alpha + min(2.0 * variance, 0.18), 1.0)));
}

void main() {
    vec4 color = vec4(1.0);
#ifdef VERTEX_COLOR
    color = v_color;
#endif
    float alpha_up_close = color.a * base_alpha();
#ifdef BASE_COLOR_MAP
    alpha_up_close *= textureLod(u_base_color_map, v_uv, 0.0).a;
    color *= texture(u_base_color_map, v_uv);
#endif
#ifdef ALPHA_MASK
    // Not by a distant texture's level, which mixes in what lies around: boxes go by where it is cut.
    if (alpha_up_close < alpha_cutoff()) discard;
#endif
    vec4 base = vec4(color.rgb, 1.0);
    vec3 albedo = vec3(dot(color_row_r(), base), dot(color_row_g(), base), dot(color_row_b(), base));
    float metallic = metallic_factor(), roughness = roughness_factor();
#ifdef METALLIC_ROUGHNESS_MAP
    vec4 sampled = texture(u_metallic_roughness_map, v_uv);
    metallic *= sampled.b;
    roughness *= sampled.g;
#endif
#ifdef WEAR_MAP
    vec4 wear = texture(u_wear_map, v_wear);
    float worn = wear.a * wear_share();
    albedo = mix(albedo, wear.rgb, worn);
    metallic *= 1.0 - worn;
    roughness = mix(roughness, 0.8, worn);
#endif
    // Open and badly wound meshes are drawn from both sides, and what is seen from behind must turn its normal.
    float side = gl_FrontFacing ? 1.0 : -1.0;
    vec3 normal = normalize(v_normal) * side;
#ifdef NORMAL_MAP
    normal = mapped_normal(normal, side);
#endif
    roughness = filtered_roughness(clamp(roughness, 0.045, 1.0), normal);
    o_albedo_metallic = vec4(sqrt(clamp(albedo, 0.0, 1.0)), clamp(metallic, 0.0, 1.0));
    o_normal_roughness = vec4(normal, roughness);
    o_instance = instance_id();
#ifdef EMISSIVE
    vec3 emissive = emissive_factor();
#ifdef EMISSIVE_MAP
    emissive *= texture(u_emissive_map, v_uv).rgb;
#endif
    o_emissive = vec4(emissive, color.a * base_alpha());
#endif
}
