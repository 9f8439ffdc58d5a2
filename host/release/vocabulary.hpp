// SPDX-License-Identifier: MIT
// The vocabulary of release names: lower-case words, by meaning. Internal to marks.cpp.
#pragma once

#include "release/marks.hpp"

namespace quarry::release::vocabulary {

using sdk::Source;
using sdk::VideoCodec;

/// Words of one meaning, parted by single spaces.
struct Words {
  std::string_view words;
  Mark mark;
};

constexpr Mark flagged(Role role, std::uint32_t flags) {
  Mark mark;
  mark.role = role;
  mark.flags = flags;
  return mark;
}
constexpr Mark strong_tech(std::uint32_t flags) {
  Mark mark = flagged(Role::tech, flags);
  mark.strong = true;
  return mark;
}
constexpr Mark strong_source(Source source, std::uint32_t flags = 0) {
  Mark mark = strong_tech(flags);
  mark.source = source;
  return mark;
}
constexpr Mark vague_source(Source source, bool strong = false) {
  Mark mark = strong_source(source, kVague);
  mark.strong = strong;
  return mark;
}
constexpr Mark codec(VideoCodec codec, std::uint32_t flags = 0) {
  Mark mark = strong_tech(flags);
  mark.codec = codec;
  return mark;
}
constexpr Mark lines(std::int16_t resolution, bool strong) {
  Mark mark = flagged(Role::tech, 0);
  mark.resolution = resolution;
  mark.strong = strong;
  return mark;
}
constexpr Mark version(std::uint32_t flags, std::int16_t number) {
  Mark mark = flagged(Role::tag, flags);
  mark.version = number;
  return mark;
}
constexpr Mark edition(std::uint32_t flags = 0) { return flagged(Role::edition, flags); }
constexpr Mark joining(Mark mark) {
  mark.joins = true;
  return mark;
}
constexpr Mark first_half() { return joining(Mark{}); }

inline constexpr Words kVocabulary[] = {
    // Discs and what is made of them
    {"bluray mbluray", joining(strong_source(Source::bluray))},
    {"uhdbd uhdbluray uhd2bd", strong_source(Source::bluray, kUhd)},
    {"bdrip brrip bdmux brmux bdripmux brripmux bdlight bluraylight blurayrip hddvdrip dvd2bd",
     strong_source(Source::bluray, kRipped)},
    {"uhdrip uhdbdrip uhdbrrip", strong_source(Source::bluray, kUhd | kRipped)},
    {"bdremux blurayremux brremux", strong_source(Source::bluray, sdk::kRemux)},
    {"uhdremux uhdbdremux", strong_source(Source::bluray, sdk::kRemux | kUhd)},
    {"bdiso bd25 bd50 bd66 bd100 bdmv", strong_source(Source::bluray, sdk::kDisk)},
    {"hddvd", strong_source(Source::bluray, kHdDvd)},
    {"bd", joining(vague_source(Source::bluray))},
    {"bdscr", strong_source(Source::bluray, sdk::kScreener)},
    {"remux", strong_tech(sdk::kRemux)},
    {"iso", flagged(Role::tech, sdk::kDisk)},
    {"untouched", flagged(Role::tech, kDiskHint)},
    {"complete", flagged(Role::tag, kDiskHint)},
    {"dvdrip dvdmux xvidvd mdvdrip", strong_source(Source::dvd, kRipped)},
    {"sddvd ntscdvd paldvd r2dvd", strong_source(Source::dvd)},
    {"dvd", joining(strong_source(Source::dvd, kVague))},
    {"dvdr mdvdr ndvdr dvd5 dvd9", strong_source(Source::dvd, sdk::kDisk)},
    {"dvdscr dvdscreener", strong_source(Source::dvd, sdk::kScreener)},
    {"screener scr hdscr", flagged(Role::tech, sdk::kScreener)},
    {"r5 r6 regional", flagged(Role::tech, sdk::kRegional)},
    // Streams, broadcasts
    {"webdl webhd webdlmux webhdrip", strong_source(Source::webdl)},
    {"webrip webdlrip webcap webripmux", strong_source(Source::webrip)},
    {"web", joining(vague_source(Source::webdl))},
    {"webmux", vague_source(Source::webdl)},
    {"hdtv hdtvrip hdtvmux ahdtv pdtv sdtv dsr dsrip dthrip satrip tvrip dvb dvbrip iptvrip",
     strong_source(Source::tv)},
    {"uhdtv", strong_source(Source::tv, kUhd)},
    {"rawhd", strong_source(Source::tv, sdk::kRawHd)},
    {"hdrip vhsrip ppvrip dcprip", strong_tech(0)},
    {"vhs", joining(flagged(Role::tech, 0))},
    // Recorded in a cinema
    {"hdcam camrip hdcamrip hqcam hqcamrip newcam camhd sprint", strong_source(Source::cam, kSharp)},
    {"cam", joining(vague_source(Source::cam))},
    {"telesync telesynch hdts hdtsrip tsrip hqts hdtelesync pdvd predvd predvdrip",
     strong_source(Source::telesync, kSharp)},
    {"ts", vague_source(Source::telesync)},
    {"telecine hdtc hqtc hdtelecine tcrip", strong_source(Source::telecine, kSharp)},
    {"tc", vague_source(Source::telecine)},
    {"workprint", strong_source(Source::workprint, kSharp)},
    {"wp", vague_source(Source::workprint)},
    // Picture
    {"uhd 4k", joining(flagged(Role::tech, kUhd))},
    {"ultrahd", strong_tech(kUhd)},
    {"fhd", lines(1080, false)},
    {"4kto1080p", lines(1080, true)},
    {"x264 h264", codec(VideoCodec::h264, kRipped)},
    {"avc", codec(VideoCodec::h264, kDiskCodec)},
    {"x265 h265", codec(VideoCodec::h265, kRipped)},
    {"hevc", codec(VideoCodec::h265)},
    {"xvid xvidhd", codec(VideoCodec::xvid, kRipped)},
    {"divx", codec(VideoCodec::divx, kRipped)},
    {"mpeg2", codec(VideoCodec::mpeg2, kDiskCodec)},
    {"vc1", codec(VideoCodec::vc1, kDiskCodec)},
    {"av1", codec(VideoCodec::av1, kRipped)},
    {"vp9", codec(VideoCodec::vp9, kRipped)},
    {"x266 h266 vvc", strong_tech(kRipped)},
    {"hdr hdr10 hdr10plus hdr10p hlg", flagged(Role::tech, sdk::kHdr)},
    {"dv dovi dolbyvision", flagged(Role::tech, sdk::kDolbyVision)},
    {"sdr", flagged(Role::tech, 0)},
    {"3d hsbs hou halfsbs halfou fullsbs sbs", flagged(Role::tech, sdk::kThreeD)},
    {"hc korsub korsubs hardsub hardsubs hardcoded subbed", flagged(Role::tag, sdk::kHardcodedSubs)},
    // Sound
    {"dts", joining(strong_tech(0))},
    {"dtshd dtsx dtses dtsma dtshdma ac3 ac3d eac3 eac3d truehd flac lpcm ddp dolbydigital", strong_tech(0)},
    {"aac dd mp3 opus atmos pcm vorbis ddex dtshr dtshra ma hra", flagged(Role::tech, 0)},
    {"dolby", joining(flagged(Role::tech, 0))},
    // A better second release
    {"proper", version(sdk::kProper, 2)},
    {"proper2", version(sdk::kProper, 3)},
    {"repack rerip", version(sdk::kRepack, 2)},
    {"repack2 rerip2", version(sdk::kRepack, 3)},
    {"repack3", version(sdk::kRepack, 4)},
    // Editions
    {"extended theatrical unrated uncut uncensored remastered restored imax recut redux despecialized directors "
     "director's collectors collector's ultimate criterion 2in1 3in1 4in1 openmatte fanedit rekall integral integrale",
     edition()},
    {"special final assembly imperial diamond signature alternative alternate hunter rogue deluxe definitive director "
     "dc se",
     edition(kNeedsCut)},
    {"anniversary", edition(kNumbersEdition)},
    {"cut edition version", edition(kEditionEnd)},
    // Services, makers' remarks, containers
    {"amzn nf netflix dsnp hmax hulu atvp pmtp pcok itunes stan crav ivi", flagged(Role::tag, 0)},
    {"real internal limited multi dubbed dub subs sub esub esubs msub msubs multisub multisubs softsubs readnfo docu "
     "custom hybrid retail festival sample nfofix dirfix convert line ld md hq ws oar pal ntsc stv nordic extras "
     "proof upscale upscaled enhanced cd1 cd2 cd3 mkvonly mvo avo dualaudio",
     flagged(Role::tag, 0)},
    {"dual", joining(flagged(Role::tag, 0))},
    {"10bit 8bit 12bit hi10 hi10p hi8p bt709 bt2020 60fps 24p", flagged(Role::tag, 0)},
    {"mkv mp4 avi m4v wmv", flagged(Role::tag, 0)},
    // Languages
    {"german ger deu french fre fra truefrench subfrench vostfr vff vfq vf2 vfi english eng italian ita spanish spa "
     "esp castellano latino lat hindi hin tamil tam telugu tel malayalam mal kannada kan korean kor japanese jpn jap "
     "chinese chi chs cht mandarin cantonese russian rus polish pol pldub plsub lektor dutch nld flemish swedish swe "
     "swesub danish dan norwegian nor finnish fin icelandic turkish tur portuguese por dublado hungarian hun czech "
     "cze slovak romanian rom ukrainian ukr bulgarian bgaudio greek thai hebrew arabic vietnamese catalan lithuanian "
     "latvian persian bengali dl ml",
     flagged(Role::language, 0)},
    // First halves without a meaning of their own
    {"blu br true hd sd h x vc mpeg tele raw ultra open fan half ds pre s 8 10 12", first_half()},
};

}  // namespace quarry::release::vocabulary
