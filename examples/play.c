// Plays a live stream in a window: p2plive in a C program, with playbin3 and without a toolkit.
// Says once a second how it goes; Ctrl-C ends it. For the window GStreamer needs its plugins for X
// or OpenGL (gstreamer1.0-x, gstreamer1.0-gl).
//
//   cc play.c $(pkg-config --cflags --libs gstreamer-1.0) -o play
//   ./play --index=https://p2p.example/ https://cdn.example/live.m3u8
//
// SPDX-License-Identifier: LGPL-2.1-or-later
#include <glib-unix.h>
#include <gst/gst.h>

static char* index_uri = NULL;
static char* video_sink = NULL;
static char* audio_sink = NULL;
static char** addresses = NULL;

static const GOptionEntry options[] = {
    {"index", 'i', 0, G_OPTION_ARG_STRING, &index_uri,
     "Index service, through which viewers find each other", "ADDRESS"},
    {"video-sink", 'v', 0, G_OPTION_ARG_STRING, &video_sink, "Instead of a window", "ELEMENT"},
    {"audio-sink", 'a', 0, G_OPTION_ARG_STRING, &audio_sink, "Instead of the loudspeaker",
     "ELEMENT"},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &addresses, NULL, "ADDRESS"},
    {NULL}};

typedef struct {
  GMainLoop* loop;
  GstElement* playbin;
  GstElement* source; // the p2plivesrc in it
  int exit_code;
} Player;

// playbin3 has made its source. Emitted within gst_element_set_state(), before the source starts.
static void on_source_setup(GstElement* playbin, GstElement* source, gpointer user_data) {
  Player* player = user_data;
  (void)playbin;
  gst_object_replace((GstObject**)&player->source, GST_OBJECT(source));
  if (index_uri)
    g_object_set(source, "index-uri", index_uri, NULL);
}

static double megabytes(const GstStructure* stats, const char* field) {
  guint64 bytes = 0;
  gst_structure_get_uint64(stats, field, &bytes);
  return (double)bytes / 1e6;
}

static gboolean print_stats(gpointer user_data) {
  Player* player = user_data;
  GstStructure* stats = NULL;
  gint64 position = 0;
  guint peers = 0;
  if (!player->source)
    return G_SOURCE_CONTINUE;
  g_object_get(player->source, "stats", &stats, NULL);
  gst_structure_get_uint(stats, "peers", &peers);
  gst_element_query_position(player->playbin, GST_FORMAT_TIME, &position);
  g_print("played %.1f s  peers %u  from CDN %.2f MB  from peers %.2f MB  sent %.2f MB\n",
          (double)position / GST_SECOND, peers, megabytes(stats, "cdn-bytes"),
          megabytes(stats, "peer-bytes"), megabytes(stats, "upload-bytes"));
  gst_structure_free(stats);
  return G_SOURCE_CONTINUE;
}

static gboolean on_message(GstBus* bus, GstMessage* message, gpointer user_data) {
  Player* player = user_data;
  (void)bus;
  switch (GST_MESSAGE_TYPE(message)) {
  case GST_MESSAGE_BUFFERING: {
    // A queue that runs low is filled in PAUSED, so that the picture does not stutter.
    int percent = 0;
    gst_message_parse_buffering(message, &percent);
    gst_element_set_state(player->playbin, percent < 100 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
    break;
  }
  case GST_MESSAGE_ERROR: {
    GError* error = NULL;
    char* detail = NULL;
    gst_message_parse_error(message, &error, &detail);
    g_printerr("%s\n(%s)\n", error->message, detail ? detail : "no details");
    g_clear_error(&error);
    g_free(detail);
    player->exit_code = 1;
    g_main_loop_quit(player->loop);
    break;
  }
  case GST_MESSAGE_EOS:
    g_print("the stream has ended\n");
    g_main_loop_quit(player->loop);
    break;
  default:
    break;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean on_interrupt(gpointer user_data) {
  g_main_loop_quit(((Player*)user_data)->loop);
  return G_SOURCE_CONTINUE;
}

// Sets a sink of playbin3 to what a user wrote, as for gst-launch-1.0; false: and has said why not.
static gboolean set_sink(GstElement* playbin, const char* property, const char* description) {
  GError* error = NULL;
  GstElement* sink;
  if (!description)
    return TRUE;
  sink = gst_parse_bin_from_description(description, TRUE, &error);
  if (!sink) {
    g_printerr("--%s=%s: %s\n", property, description, error->message);
    g_clear_error(&error);
    return FALSE;
  }
  g_object_set(playbin, property, sink, NULL);
  return TRUE;
}

// "p2plive+" in front of an http or https address makes playbin3 take p2plivesrc for it.
static char* player_uri(const char* address) {
  return g_strconcat(g_str_has_prefix(address, "p2plive") ? "" : "p2plive+", address, NULL);
}

static gboolean plugin_is_there(void) {
  GstElementFactory* factory = gst_element_factory_find("p2plivesrc");
  const gboolean found = factory != NULL;
  gst_clear_object(&factory);
  if (!found)
    g_printerr("GStreamer does not find p2plivesrc. Set GST_PLUGIN_PATH to the folder that has "
               "libgstp2plive.so.\n");
  return found;
}

int main(int argc, char** argv) {
  Player player = {0};
  GError* error = NULL;
  GOptionContext* context = g_option_context_new("- plays a live HLS stream");
  g_option_context_add_main_entries(context, options, NULL);
  g_option_context_add_group(context, gst_init_get_option_group());
  if (!g_option_context_parse(context, &argc, &argv, &error)) {
    g_printerr("%s. See play --help.\n", error->message);
    return 2;
  }
  g_option_context_free(context);
  if (!addresses || addresses[1]) {
    g_printerr("Which stream? Give the address of one HLS playlist. See play --help.\n");
    return 2;
  }
  if (!plugin_is_there())
    return 2;

  char* uri = player_uri(addresses[0]);
  player.loop = g_main_loop_new(NULL, FALSE);
  player.playbin = gst_element_factory_make("playbin3", NULL);
  if (!player.playbin) {
    g_printerr("GStreamer does not find playbin3. Install its base plugins.\n");
    return 2;
  }
  g_object_set(player.playbin, "uri", uri, NULL);
  g_free(uri);
  g_signal_connect(player.playbin, "source-setup", G_CALLBACK(on_source_setup), &player);
  if (!set_sink(player.playbin, "video-sink", video_sink) ||
      !set_sink(player.playbin, "audio-sink", audio_sink))
    return 2;
  GstBus* bus = gst_element_get_bus(player.playbin);
  gst_bus_add_watch(bus, on_message, &player);
  g_unix_signal_add(SIGINT, on_interrupt, &player);
  g_unix_signal_add(SIGTERM, on_interrupt, &player);
  g_timeout_add_seconds(1, print_stats, &player);

  gst_element_set_state(player.playbin, GST_STATE_PLAYING);
  g_main_loop_run(player.loop);
  gst_element_set_state(player.playbin, GST_STATE_NULL);

  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  gst_clear_object(&player.source);
  gst_object_unref(player.playbin);
  g_main_loop_unref(player.loop);
  return player.exit_code;
}
