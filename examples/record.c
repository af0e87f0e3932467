// Records a live stream: as it is, into one file or into files of some length, or as MP4.
// Ctrl-C ends it and finishes the file.
//
//   cc record.c $(pkg-config --cflags --libs gstreamer-1.0) -o record
//   ./record --index=https://p2p.example/ https://cdn.example/live.m3u8 live.ts
//   ./record --split=600 https://cdn.example/live.m3u8 live.ts      # live-00001.ts and so on
//   ./record https://cdn.example/live.m3u8 live.mp4
//
// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

static char* index_uri = NULL;
static double split_seconds = 0;
static char** arguments = NULL; // address and file

static const GOptionEntry options[] = {
    {"index", 'i', 0, G_OPTION_ARG_STRING, &index_uri,
     "Index service, through which viewers find each other", "ADDRESS"},
    {"split", 's', 0, G_OPTION_ARG_DOUBLE, &split_seconds,
     "Begin a new file after so much of the stream", "SECONDS"},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments, NULL, "ADDRESS FILE"},
    {NULL}};

// ---- As it is. All of this happens on the streaming thread.

typedef struct {
  char* name;          // of the file that is being written
  FILE* file;          // NULL: none is
  guint number;        // of files so far
  GstClockTime length; // of what is in this one
  GByteArray* header;  // of fragmented MP4; empty for other streams
  gboolean in_header;  // it has just come, and is in no file yet
} Files;

// "live.ts" becomes "live-00002.ts".
static char* numbered(const char* name, guint number) {
  const char* dot = strrchr(name, '.');
  const int stem = (int)(dot && !strchr(dot, '/') ? dot - name : (long)strlen(name));
  return g_strdup_printf("%.*s-%05u%s", stem, name, number, name + stem);
}

static gboolean close_file(Files* files) {
  const gboolean closed = !files->file || fclose(files->file) == 0;
  files->file = NULL;
  return closed;
}

static gboolean open_next(Files* files) {
  files->number += 1;
  files->length = 0;
  g_free(files->name);
  files->name = split_seconds > 0 ? numbered(arguments[1], files->number) : g_strdup(arguments[1]);
  files->file = fopen(files->name, "wb");
  if (files->file)
    g_print("recording to %s\n", files->name);
  return files->file != NULL;
}

// The first buffer of each segment of the stream has the flag MARKER. A segment begins with what a
// decoder needs, so a file that begins with one plays on its own. Where the stream breaks off
// (DISCONT) or goes on in another way (a new header) a file would not play through.
static gboolean is_full(const Files* files, GstBuffer* next) {
  // Durations are rounded, so a little less is enough.
  const double enough = (split_seconds - 0.1) * GST_SECOND;
  return split_seconds > 0 && GST_BUFFER_FLAG_IS_SET(next, GST_BUFFER_FLAG_MARKER) &&
         ((double)files->length >= enough || files->in_header ||
          GST_BUFFER_FLAG_IS_SET(next, GST_BUFFER_FLAG_DISCONT));
}

static gboolean write_bytes(Files* files, const void* bytes, gsize size) {
  return fwrite(bytes, 1, size, files->file) == size;
}

static gboolean write_media(Files* files, GstBuffer* buffer, const GstMapInfo* bytes) {
  if (files->file && is_full(files, buffer) && !close_file(files))
    return FALSE;
  const gboolean begins = !files->file;
  if (begins && !open_next(files))
    return FALSE;
  if ((begins || files->in_header) && !write_bytes(files, files->header->data, files->header->len))
    return FALSE;
  files->in_header = FALSE;
  files->length += GST_BUFFER_DURATION(buffer);
  return write_bytes(files, bytes->data, bytes->size);
}

// What fragmented MP4 begins with comes once, with the flag HEADER; every file has to begin with
// it.
static gboolean keep_header(Files* files, const GstMapInfo* bytes) {
  if (!files->in_header)
    g_byte_array_set_size(files->header, 0);
  files->in_header = TRUE;
  g_byte_array_append(files->header, bytes->data, (guint)bytes->size);
  return TRUE;
}

static gboolean write_buffer(Files* files, GstBuffer* buffer) {
  GstMapInfo bytes;
  if (!gst_buffer_map(buffer, &bytes, GST_MAP_READ))
    return FALSE;
  const gboolean written = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER)
                               ? keep_header(files, &bytes)
                               : write_media(files, buffer, &bytes);
  gst_buffer_unmap(buffer, &bytes);
  return written;
}

static void on_buffer(GstElement* sink, GstBuffer* buffer, GstPad* pad, gpointer files) {
  (void)pad;
  if (!write_buffer(files, buffer))
    GST_ELEMENT_ERROR(sink, RESOURCE, WRITE,
                      ("Cannot write %s: %s. Make room, or choose another place.",
                       ((Files*)files)->name, g_strerror(errno)),
                      (NULL));
}

static GstElement* as_it_is(Files* files) {
  GstElement* pipeline = gst_parse_launch(
      "p2plivesrc name=source ! fakesink name=sink sync=false signal-handoffs=true", NULL);
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_signal_connect(sink, "handoff", G_CALLBACK(on_buffer), files);
  gst_object_unref(sink);
  return pipeline;
}

// ---- As MP4.

// The stream has a picture or a sound: through a queue into the muxer with it.
static void on_part(GstElement* parser, GstPad* pad, gpointer mux) {
  GstElement* queue = gst_element_factory_make("queue", NULL);
  gst_bin_add(GST_BIN(GST_OBJECT_PARENT(parser)), queue);
  GstPad* into = gst_element_get_static_pad(queue, "sink");
  if (gst_pad_link(pad, into) != GST_PAD_LINK_OK || !gst_element_link(queue, mux))
    GST_ELEMENT_ERROR(parser, STREAM, MUX,
                      ("A part of this stream does not go into MP4. Record it to a .ts file."),
                      (NULL));
  gst_object_unref(into);
  gst_element_sync_state_with_parent(queue);
}

static GstElement* as_mp4(void) {
  GError* error = NULL;
  GstElement* pipeline = gst_parse_launch(
      "p2plivesrc name=source ! parsebin name=parser  mp4mux name=mux ! filesink name=file",
      &error);
  if (error) {
    g_printerr("%s. Install GStreamer's good plugins.\n", error->message);
    g_clear_error(&error);
    gst_clear_object(&pipeline);
    return NULL;
  }
  GstElement* parser = gst_bin_get_by_name(GST_BIN(pipeline), "parser");
  GstElement* mux = gst_bin_get_by_name(GST_BIN(pipeline), "mux");
  GstElement* file = gst_bin_get_by_name(GST_BIN(pipeline), "file");
  g_object_set(file, "location", arguments[1], NULL);
  g_signal_connect(parser, "pad-added", G_CALLBACK(on_part), mux);
  g_print("recording to %s\n", arguments[1]);
  gst_object_unref(file);
  gst_object_unref(mux);
  gst_object_unref(parser);
  return pipeline;
}

// ---- Both.

typedef struct {
  GMainLoop* loop;
  GstElement* pipeline;
  gboolean finishing;
  int exit_code;
} Recorder;

static gboolean give_up(gpointer user_data) {
  Recorder* recorder = user_data;
  recorder->exit_code = 1;
  g_main_loop_quit(recorder->loop);
  return G_SOURCE_REMOVE;
}

// What is under way is written before the end; who does not want to wait presses Ctrl-C again.
static gboolean on_interrupt(gpointer user_data) {
  Recorder* recorder = user_data;
  if (recorder->finishing)
    return give_up(recorder);
  recorder->finishing = TRUE;
  gst_element_send_event(recorder->pipeline, gst_event_new_eos());
  g_timeout_add_seconds(10, give_up, recorder);
  return G_SOURCE_CONTINUE;
}

static gboolean on_message(GstBus* bus, GstMessage* message, gpointer user_data) {
  Recorder* recorder = user_data;
  (void)bus;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError* error = NULL;
    char* detail = NULL;
    gst_message_parse_error(message, &error, &detail);
    g_printerr("%s\n(%s)\n", error->message, detail ? detail : "no details");
    g_clear_error(&error);
    g_free(detail);
    recorder->exit_code = 1;
    // The source ends the stream after its error, and then the file is finished.
    const gboolean ends = g_str_equal(GST_MESSAGE_SRC_NAME(message), "source") &&
                          GST_STATE(recorder->pipeline) == GST_STATE_PLAYING;
    if (ends)
      g_timeout_add_seconds(10, give_up, recorder);
    else
      g_main_loop_quit(recorder->loop);
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    g_main_loop_quit(recorder->loop);
  }
  return G_SOURCE_CONTINUE;
}

static void record(Recorder* recorder) {
  GstElement* source = gst_bin_get_by_name(GST_BIN(recorder->pipeline), "source");
  g_object_set(source, "uri", arguments[0], "index-uri", index_uri, NULL);
  gst_object_unref(source);

  recorder->loop = g_main_loop_new(NULL, FALSE);
  GstBus* bus = gst_element_get_bus(recorder->pipeline);
  gst_bus_add_watch(bus, on_message, recorder);
  g_unix_signal_add(SIGINT, on_interrupt, recorder);
  g_unix_signal_add(SIGTERM, on_interrupt, recorder);
  gst_element_set_state(recorder->pipeline, GST_STATE_PLAYING);
  g_main_loop_run(recorder->loop);
  gst_element_set_state(recorder->pipeline, GST_STATE_NULL);

  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  gst_object_unref(recorder->pipeline);
  g_main_loop_unref(recorder->loop);
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
  GError* error = NULL;
  GOptionContext* context = g_option_context_new("- records a live HLS stream");
  g_option_context_add_main_entries(context, options, NULL);
  g_option_context_add_group(context, gst_init_get_option_group());
  if (!g_option_context_parse(context, &argc, &argv, &error)) {
    g_printerr("%s. See record --help.\n", error->message);
    return 2;
  }
  g_option_context_free(context);
  if (!arguments || g_strv_length(arguments) != 2 || split_seconds < 0) {
    g_printerr("Give the address of an HLS playlist and a file. See record --help.\n");
    return 2;
  }
  const gboolean mp4 = g_str_has_suffix(arguments[1], ".mp4");
  if (mp4 && split_seconds > 0) {
    g_printerr("Only .ts files can be split.\n");
    return 2;
  }
  if (!plugin_is_there())
    return 2;

  Files files = {.header = g_byte_array_new()};
  Recorder recorder = {.pipeline = mp4 ? as_mp4() : as_it_is(&files)};
  if (!recorder.pipeline)
    return 2;
  record(&recorder);
  if (!close_file(&files)) {
    g_printerr("Cannot write %s: %s. Make room, and record again.\n", files.name,
               g_strerror(errno));
    recorder.exit_code = 1;
  }
  g_free(files.name);
  g_byte_array_unref(files.header);
  return recorder.exit_code;
}
