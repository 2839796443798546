// Flows in: the plane that things stand on. Flows out: the same as geometry.frag, as instance 0.
in vec3 v_uvw;
uniform sampler2D u_base_color_map;
uniform vec3 u_gain;
uniform float u_roughness, u_metallic;
layout(location = 0) out vec4 o_albedo_metallic;
layout(location = 1) out vec4 o_normal_roughness;
layout(location = 2) out uint o_instance;
#ifdef EMISSIVE
layout(location = 3) out vec4 o_emissive;
#endif

void main() {
    vec3 albedo = textureProj(u_base_color_map, v_uvw).rgb * u_gain;
    o_albedo_metallic = vec4(sqrt(clamp(albedo, 0.0, 1.0)), u_metallic);
    o_normal_roughness = vec4(0.0, 0.0, 1.0, u_roughness);
    o_instance = 0u;
#ifdef EMISSIVE
    o_emissive = vec4(0.0, 0.0, 0.0, 1.0);
#endif
}
