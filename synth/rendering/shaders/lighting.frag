// Flows in: the geometry pass's buffers, lights, shadow and sky maps, environment. Flows out: linear light, each pixel once.
// Compiled for a number of LIGHTS, of which the first SHADOWS cast shadows: loops of known length are unrolled, which
// saves a third of the pass. AMBIENT adds all that isn't a light, and is left out in further rounds of lights.
const float PI = 3.14159265359;
in vec2 v_screen;
uniform sampler2D u_albedo_metallic, u_normal_roughness, u_depth;
#ifdef EMISSIVE
uniform sampler2D u_emissive;
#endif
uniform mat4 u_world_from_clip;
uniform vec3 u_eye;
#if LIGHTS > 0
uniform vec4 u_light_place[LIGHTS];       // xyz: direction towards the light (w = 0), or its position (w = 1)
uniform vec3 u_light_color[LIGHTS];       // intensity
uniform vec4 u_light_cone[LIGHTS];        // xyz: a spot's axis, towards it; w: cosine where its light ends, -2 for none
uniform float u_light_edge[LIGHTS];       // a spot's cosine where its light begins to fall
#endif
#if SHADOWS > 0
uniform sampler2DArrayShadow u_shadow_maps;
uniform mat4 u_shadow_from_world[SHADOWS];
uniform float u_shadow_offset_m[SHADOWS], u_shadow_layer[SHADOWS];
#endif
uniform float u_sky_offset_m, u_open_below; // 1: there is no plane, and light comes from below too
uniform sampler2D u_sky_map;              // blurred mean of the zenith's depth, and of its square
uniform mat4 u_sky_from_world;
uniform sampler2D u_environment, u_backdrop;
uniform float u_environment_gain, u_environment_levels;
uniform vec2 u_environment_turn;          // cosine and sine of its angle about z
uniform vec3 u_irradiance[9];             // spherical harmonics of the environment, convolved with the cosine
uniform vec3 u_backdrop_gain;             // negative: the environment is what lies behind
uniform vec2 u_backdrop_scale, u_backdrop_corner;
layout(location = 0) out vec4 o_light;

vec3 environment_direction(vec3 direction) {
    vec2 turn = u_environment_turn;
    return vec3(dot(turn, direction.xy), turn.x * direction.y - turn.y * direction.x, direction.z);
}

vec3 environment(vec3 direction, float level) {
    vec3 d = environment_direction(direction);
    vec2 place = vec2(atan(d.y, d.x) / (2.0 * PI) + 0.5, acos(clamp(d.z, -1.0, 1.0)) / PI);
    return textureLod(u_environment, place, level).rgb * u_environment_gain;
}

// Source: Ramamoorthi & Hanrahan, An efficient representation for irradiance environment maps, 2001, eq. 13.
vec3 irradiance(vec3 normal) {
    vec3 n = environment_direction(normal);
    vec3 e = u_irradiance[0] + u_irradiance[1] * n.y + u_irradiance[2] * n.z + u_irradiance[3] * n.x
        + u_irradiance[4] * n.x * n.y + u_irradiance[5] * n.y * n.z + u_irradiance[6] * (3.0 * n.z * n.z - 1.0)
        + u_irradiance[7] * n.x * n.z + u_irradiance[8] * (n.x * n.x - n.y * n.y);
    return max(e, 0.0) * u_environment_gain;
}

#if SHADOWS > 0
// How much of a light arrives: two taps, each of four texels, side by side.
float unshadowed(int i, vec3 position, vec3 normal) {
    vec4 place = u_shadow_from_world[i] * vec4(position + normal * u_shadow_offset_m[i], 1.0);
    vec3 at = place.xyz / place.w;
    at.z = min(at.z, 1.0);   // beyond the map's far end, where nothing was drawn, is lit
    float texel = 1.0 / float(textureSize(u_shadow_maps, 0).x), layer = u_shadow_layer[i];
    vec2 aside = vec2(0.7, 0.35) * texel;
    return 0.5 * (texture(u_shadow_maps, vec4(at.xy + aside, layer, at.z))
        + texture(u_shadow_maps, vec4(at.xy - aside, layer, at.z)));
}
#endif

// How much of the sky is seen, from what lies above nearby: Chebyshev's bound on how much of it is deeper than here.
// Source: Donnelly & Lauritzen, Variance shadow maps, 2006; here the blur is the size of the objects.
float sky_visibility(vec3 position, vec3 normal) {
    vec3 place = (u_sky_from_world * vec4(position + normal * u_sky_offset_m, 1.0)).xyz;
    vec2 moments = texture(u_sky_map, place.xy).rg;
    float above = max(min(place.z, 1.0) - moments.x, 0.0), variance = max(moments.y - moments.x * moments.x, 1e-5);
    float seen = variance / (variance + above * above);
    // A wall sees half the sky by its own standing, which the irradiance by its normal has counted already.
    float sky = mix(0.2, 1.0, min(seen / (0.5 + 0.5 * clamp(normal.z, 0.0, 1.0)), 1.0));
    return mix(sky, 1.0, u_open_below * (0.5 - 0.5 * normal.z));
}

// GGX with Schlick's Fresnel and the height-correlated visibility term, over a diffuse base that gets what it lets through.
// Source: glTF 2.0, appendix B; Filament, "Standard model"; Hammon, PBR diffuse lighting for GGX, 2017.
vec3 reflectance(vec3 n, vec3 v, vec3 l, vec3 diffuse, vec3 f0, float alpha) {
    vec3 h = normalize(v + l);
    float nh = max(dot(n, h), 0.0), nl = max(dot(n, l), 0.0), nv = max(dot(n, v), 1e-3), vh = max(dot(v, h), 0.0);
    float a2 = alpha * alpha, k = nh * nh * (a2 - 1.0) + 1.0;
    float distribution = a2 / (PI * k * k);
    float visibility = 0.5 / mix(2.0 * nl * nv, nl + nv, alpha);
    float grazing = 1.0 - vh, grazing2 = grazing * grazing;
    vec3 fresnel = f0 + (1.0 - f0) * grazing2 * grazing2 * grazing;
    return mix(diffuse, vec3(distribution * visibility), fresnel);
}

// The share of an even environment that a rough surface reflects. What the first bounce between its bumps loses, further
// ones bring back, else rough metals are far too dark.
// Source: Karis, Physically based shading on mobile, 2014; Filament, "Energy loss in specular reflectance".
vec3 environment_share(vec3 f0, float roughness, float nv) {
    vec4 r = roughness * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a = min(r.x * r.x, exp2(-9.28 * nv)) * r.x + r.y;
    vec2 scale_bias = vec2(-1.04, 1.04) * a + r.zw;
    vec3 once = f0 * scale_bias.x + scale_bias.y;
    return once * (1.0 + f0 * (1.0 / (scale_bias.x + scale_bias.y) - 1.0));
}

#if LIGHTS > 0
// What a surface sends to the eye of one light, shadows aside.
vec3 shaded(int i, vec3 position, vec3 n, vec3 v, vec3 diffuse, vec3 f0, float alpha) {
    vec3 towards = u_light_place[i].xyz - position * u_light_place[i].w;
    float squared = dot(towards, towards);
    vec3 l = towards * inversesqrt(squared);
    float arriving = max(dot(n, l), 0.0) / mix(1.0, squared, u_light_place[i].w);
    arriving *= smoothstep(u_light_cone[i].w, u_light_edge[i], dot(l, u_light_cone[i].xyz));
    return u_light_color[i] * arriving * reflectance(n, v, l, diffuse, f0, alpha);
}
#endif

vec3 background(vec3 view) {
#ifndef AMBIENT
    return vec3(0.0);
#endif
    vec2 fitted = v_screen * u_backdrop_scale + u_backdrop_corner;
    vec3 behind = texture(u_backdrop, vec2(fitted.x, 1.0 - fitted.y)).rgb * u_backdrop_gain;
    return u_backdrop_gain.r < 0.0 ? environment(-view, 0.0) : behind;
}

// What the visible surface sends to the eye.
vec3 surface_light(vec3 position, vec3 view) {
    vec4 albedo_metallic = texelFetch(u_albedo_metallic, ivec2(gl_FragCoord.xy), 0);
    vec4 normal_roughness = texelFetch(u_normal_roughness, ivec2(gl_FragCoord.xy), 0);
    vec3 albedo = albedo_metallic.rgb * albedo_metallic.rgb, normal = normal_roughness.xyz;
    float metallic = albedo_metallic.a, roughness = normal_roughness.w, alpha = roughness * roughness;
    vec3 f0 = mix(vec3(0.04), albedo, metallic), diffuse = albedo * (1.0 - metallic) / PI;

    vec3 light = vec3(0.0);
#if SHADOWS > 0
    for (int i = 0; i < SHADOWS; i++)
        light += unshadowed(i, position, normal) * shaded(i, position, normal, view, diffuse, f0, alpha);
#endif
#if LIGHTS > SHADOWS
    for (int i = SHADOWS; i < LIGHTS; i++) light += shaded(i, position, normal, view, diffuse, f0, alpha);
#endif
#ifdef AMBIENT
    float seen = sky_visibility(position, normal), nv = max(dot(normal, view), 0.0);
    vec3 reflected = environment(reflect(-view, normal), roughness * u_environment_levels);
    light += seen * mix(diffuse * irradiance(normal), reflected, environment_share(f0, roughness, nv));
#ifdef EMISSIVE
    light += texelFetch(u_emissive, ivec2(gl_FragCoord.xy), 0).rgb;
#endif
#endif
    return light;
}

void main() {
    float depth = texelFetch(u_depth, ivec2(gl_FragCoord.xy), 0).r;
    // Depth 0 is infinitely far: there nothing was drawn.
    vec4 place = u_world_from_clip * vec4(v_screen * 2.0 - 1.0, max(depth, 1e-6), 1.0);
    vec3 position = place.xyz / place.w;
    vec3 view = normalize(u_eye - position);
    vec3 light = surface_light(position, view);
#ifdef BACKGROUND
    // A loop of no or one turn, not an if: software rasterisers run both sides of an if, but leave a loop.
    for (int turn = int(depth > 0.0); turn < 1; turn++) light = background(view);
#endif
    o_light = vec4(light, 1.0);
}
