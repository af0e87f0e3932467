// SPDX-License-Identifier: LGPL-2.1-or-later
#include "swarm/lines.h"

#include <charconv>
#include <concepts>
#include <map>

namespace p2plive::bench {

namespace {

using namespace std::chrono;

class Writer {
public:
  explicit Writer(std::string_view kind) : text_(kind) {}
  Writer& put(std::string_view key, std::string_view value) {
    text_.append(" ").append(key).append("=").append(value);
    return *this;
  }
  Writer& put(std::string_view key, std::integral auto value) {
    return put(key, std::string_view(std::to_string(value)));
  }
  Writer& put(std::string_view key, nanoseconds value) { return put(key, value.count()); }
  Writer& put(std::string_view key, Instant value) {
    return put(key, nanoseconds(value.time_since_epoch()));
  }
  Writer& put(std::string_view key, UnixTime value) { return put(key, value.time_since_epoch()); }
  template <typename T>
  Writer& put(std::string_view key, const std::optional<T>& value) {
    return value ? put(key, *value) : *this;
  }
  std::string str() const { return text_; }

private:
  std::string text_;
};

class Reader {
public:
  explicit Reader(std::string_view line) {
    auto space = line.find(' ');
    kind_ = line.substr(0, space);
    while (space != std::string_view::npos) {
      line.remove_prefix(space + 1);
      auto equals = line.find('=');
      if (equals == std::string_view::npos) {
        good_ = false;
        return;
      }
      auto key = line.substr(0, equals);
      space = key == "text" ? std::string_view::npos : line.find(' ');
      values_[key] =
          line.substr(equals + 1, space == std::string_view::npos ? std::string_view::npos
                                                                  : space - equals - 1);
    }
  }
  std::string_view kind() const { return kind_; }
  bool good() const { return good_; }
  bool has(std::string_view key) const { return values_.count(key) > 0; }

  void get(std::string_view key, std::string& value) {
    if (need(key))
      value = values_[key];
  }
  void get(std::string_view key, bool& value) {
    int number = 0;
    get(key, number);
    value = number != 0;
  }
  template <std::integral T>
  void get(std::string_view key, T& value) {
    if (!need(key))
      return;
    auto text = values_[key];
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    good_ &= error == std::errc{} && end == text.data() + text.size();
  }
  void get(std::string_view key, nanoseconds& value) {
    std::int64_t count = 0;
    get(key, count);
    value = nanoseconds(count);
  }
  void get(std::string_view key, Instant& value) {
    nanoseconds since{};
    get(key, since);
    value = Instant(since);
  }
  void get(std::string_view key, UnixTime& value) {
    nanoseconds since{};
    get(key, since);
    value = UnixTime(since);
  }
  template <typename T>
  void get(std::string_view key, std::optional<T>& value) {
    if (has(key))
      get(key, value.emplace());
  }

private:
  bool need(std::string_view key) { return good_ &= has(key); }

  std::string_view kind_;
  std::map<std::string_view, std::string_view> values_;
  bool good_ = true;
};

// One list of fields for reading and writing: they cannot part.
template <typename Field, typename T>
void fields_of(T& s, Field&& field) requires std::same_as<std::remove_const_t<T>, EmittedSegment> {
  field("sn", s.sn);
  field("first", s.first_offset);
  field("size", s.size);
  field("sha256", s.sha256);
  field("contiguous", s.contiguous);
  field("last", s.last);
  field("begun", s.begun);
  field("ended", s.ended);
  field("start", s.start);
}

template <typename Field, typename T>
void fields_of(T& f, Field&& field) requires std::same_as<std::remove_const_t<T>, ShownFrame> {
  field("at", f.at);
  field("wall", f.wall);
  field("sn", f.sn);
  field("offset", f.offset);
  field("start", f.start);
}

template <typename Field, typename T>
void fields_of(T& s, Field&& field) requires std::same_as<std::remove_const_t<T>, Stall> {
  field("begun", s.begun);
  field("length", s.length);
  field("in-hand", s.in_hand);
}

template <typename Field, typename T>
void fields_of(T& s, Field&& field) requires std::same_as<std::remove_const_t<T>, Sample> {
  field("at", s.at);
  field("peers", s.peers);
  field("cdn", s.cdn_bytes);
  field("peer", s.peer_bytes);
  field("upload", s.upload_bytes);
  field("delivered", s.delivered_bytes);
  field("duplicate", s.duplicate_bytes);
  field("overhead", s.overhead_bytes);
  field("requests", s.cdn_requests);
  field("errors", s.cdn_errors);
  field("starvations", s.starvations);
  field("pool-allocated", s.pool_allocated);
  field("buffer", s.buffer);
  field("delay", s.delay);
  field("sn", s.sn);
  field("sn-bytes", s.sn_bytes);
  field("stalled", s.stalled);
}

template <typename T>
std::string write(std::string_view kind, const T& value) {
  Writer writer(kind);
  fields_of(value, [&](std::string_view key, const auto& member) { writer.put(key, member); });
  return writer.str();
}

template <typename T>
bool read_into(Reader& reader, std::vector<T>& list) {
  T value;
  fields_of(value, [&](std::string_view key, auto& member) { reader.get(key, member); });
  if (reader.good())
    list.push_back(std::move(value));
  return reader.good();
}

} // namespace

std::string line_of(const EmittedSegment& segment) {
  return write("segment", segment);
}
std::string line_of(const ShownFrame& frame) {
  return write("frame", frame);
}
std::string line_of(const Stall& stall) {
  return write("stall", stall);
}
std::string line_of(const Sample& sample) {
  return write("sample", sample);
}
std::string line_of(std::string_view kind, Instant at) {
  return Writer(kind).put("at", at).str();
}

bool take_line(ViewerRecord& viewer, std::string_view line) {
  Reader reader(line);
  auto kind = reader.kind();
  if (kind == "segment")
    return read_into(reader, viewer.segments);
  if (kind == "frame")
    return read_into(reader, viewer.frames);
  if (kind == "stall")
    return read_into(reader, viewer.stalls);
  if (kind == "sample")
    return read_into(reader, viewer.samples);
  if (kind == "asked")
    reader.get("at", viewer.asked);
  else if (kind == "first-byte")
    reader.get("at", viewer.first_byte.emplace());
  else if (kind == "first-frame")
    reader.get("at", viewer.first_frame.emplace());
  else if (kind == "skipped")
    ++viewer.skips;
  else if (kind == "rid")
    reader.get("text", viewer.rid);
  else if (kind == "trouble")
    reader.get("text", viewer.trouble);
  else
    return false;
  return reader.good();
}

} // namespace p2plive::bench
