// Flows in: the geometry pass's buffers of blended surfaces. Flows out: what is read of them after the lighting; the
// other buffers hold nothing of use from then on.
uniform sampler2D u_normal_roughness, u_depth;
uniform usampler2D u_instance;
layout(location = 1) out vec4 o_normal_roughness;
layout(location = 2) out uint o_instance;

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    o_instance = texelFetch(u_instance, at, 0).r;
    if (o_instance == 0u) discard;
    o_normal_roughness = texelFetch(u_normal_roughness, at, 0);
    gl_FragDepth = texelFetch(u_depth, at, 0).r;
}
