// Flows in: three vertex numbers, lights and environment. Flows out: one triangle that covers the screen, and what is the
// same for all pixels, as flat varyings: a software rasteriser checks the bounds of every uniform's every component in
// every pixel, which took a fifth of the lighting pass.
uniform vec3 u_rays[3];                   // from the eye to the near plane, by vertex
out vec2 v_screen;
out vec3 v_ray;
flat out vec3 v_eye;
uniform vec3 u_eye;
#if LIGHTS > 0
uniform vec4 u_light_place[LIGHTS], u_light_color[LIGHTS];
flat out vec4 v_light_place[LIGHTS], v_light_color[LIGHTS];
#endif
#if SPOTS > 0
uniform vec4 u_light_cone[LIGHTS];
flat out vec4 v_light_cone[LIGHTS];
#endif
#ifdef SHADOW
uniform mat4 u_shadow_from_world;
uniform vec2 u_shadow_at;
flat out mat4 v_shadow_from_world;
flat out vec2 v_shadow_at;
#endif
#ifdef AMBIENT
uniform vec4 u_environment;
uniform vec3 u_irradiance[9];
uniform mat4 u_sky_from_world;
flat out vec4 v_environment;
flat out vec3 v_irradiance[9];
flat out mat4x3 v_sky_from_world;
#endif

void main() {
    v_screen = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);
    v_ray = u_rays[gl_VertexID];
    v_eye = u_eye;
#if LIGHTS > 0
    v_light_place = u_light_place;
    v_light_color = u_light_color;
#endif
#if SPOTS > 0
    v_light_cone = u_light_cone;
#endif
#ifdef SHADOW
    v_shadow_from_world = u_shadow_from_world;
    v_shadow_at = u_shadow_at;
#endif
#ifdef AMBIENT
    v_environment = u_environment;
    v_irradiance = u_irradiance;
    v_sky_from_world = mat4x3(u_sky_from_world);
#endif
    gl_Position = vec4(v_screen * 2.0 - 1.0, 0.0, 1.0);
}
