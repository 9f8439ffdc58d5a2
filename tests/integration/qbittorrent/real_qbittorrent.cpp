// SPDX-License-Identifier: MIT
#include "tests/integration/qbittorrent/real_qbittorrent.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace quarry::integration {
namespace {

constexpr std::chrono::seconds kStartTime{30};
constexpr std::chrono::milliseconds kLook{20};

sockaddr_in loopback(std::uint16_t port) noexcept {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// A port that is free now: the kernel does not give it again soon.
std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool ok = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (fd >= 0) { close(fd); }
  if (!ok) { throw std::runtime_error("no free port on loopback"); }
  return ntohs(address.sin_port);
}

std::string base64(const unsigned char* data, int size) {
  std::vector<unsigned char> out(static_cast<std::size_t>(size) * 4 / 3 + 4);
  const int length = EVP_EncodeBlock(out.data(), data, size);
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length)};
}

/// As qBittorrent stores it: base64(salt):base64(PBKDF2-HMAC-SHA512, 100,000 rounds, 64 bytes).
std::string password_hash(const std::string& password) {
  std::array<unsigned char, 16> salt{};
  std::array<unsigned char, 64> key{};
  const bool ok = RAND_bytes(salt.data(), salt.size()) == 1 &&
                  PKCS5_PBKDF2_HMAC(password.c_str(), static_cast<int>(password.size()), salt.data(), salt.size(),
                                    100'000, EVP_sha512(), key.size(), key.data()) == 1;
  if (!ok) { throw std::runtime_error("cannot compute the password's hash"); }
  return base64(salt.data(), salt.size()) + ":" + base64(key.data(), key.size());
}

}  // namespace

RealQbittorrent::RealQbittorrent(RealQbittorrentOptions options) : web_port_(free_port()), torrent_port_(free_port()) {
  std::string folder = (std::filesystem::temp_directory_path() / "quarry-qbittorrent-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) { throw std::runtime_error("cannot make the folder " + folder); }
  profile_ = folder;
  try {
    write_profile(options);
    start();
  } catch (...) {
    stop(SIGKILL);
    std::error_code ignored;
    std::filesystem::remove_all(profile_, ignored);
    throw;
  }
}

RealQbittorrent::~RealQbittorrent() {
  stop(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(profile_, ignored);
}

std::string RealQbittorrent::url() const { return "http://127.0.0.1:" + std::to_string(web_port_); }

void RealQbittorrent::restart() {
  stop(SIGTERM);
  start();
}

void RealQbittorrent::kill_now() noexcept { stop(SIGKILL); }

void RealQbittorrent::write_profile(const RealQbittorrentOptions& options) const {
  const auto config = profile_ / "qBittorrent" / "config";
  std::filesystem::create_directories(config);
  std::filesystem::create_directories(downloads());
  std::ofstream ini(config / "qBittorrent.conf");
  ini << "[LegalNotice]\nAccepted=true\n\n[Preferences]\n"
      << "WebUI\\Address=127.0.0.1\nWebUI\\Port=" << web_port_ << "\nWebUI\\Username=admin\n"
      << "WebUI\\Password_PBKDF2=\"@ByteArray(" << password_hash("adminadmin") << ")\"\n"
      << "WebUI\\LocalHostAuth=true\nWebUI\\UseUPnP=false\nConnection\\UPnP=false\n"
      << "WebUI\\MaxAuthenticationFailCount=" << options.max_failed_logins << "\n\n"
      << "[BitTorrent]\nSession\\Port=" << torrent_port_ << "\n"
      << "Session\\Interface=lo\nSession\\InterfaceName=lo\nSession\\InterfaceAddress=127.0.0.1\n"
      << "Session\\DefaultSavePath=" << downloads().string() << "\n"
      << "Session\\DHTEnabled=false\nSession\\LSDEnabled=false\nSession\\PeXEnabled=false\n"
      << "Session\\StopTrackerTimeout=1\nSession\\RefreshInterval=100\nSession\\BTProtocol=TCP\n"
      << "Session\\QueueingSystemEnabled=" << (options.queueing ? "true" : "false") << "\n";
  if (!ini.flush()) { throw std::runtime_error("cannot write the profile in " + profile_.string()); }
}

void RealQbittorrent::start() {
  std::string program = "qbittorrent-nox";
  std::string profile = "--profile=" + profile_.string();
  std::array<std::string, 4> settings{"HOME=" + profile_.string(), "PATH=/usr/local/bin:/usr/bin:/bin",
                                      "QT_QPA_PLATFORM=offscreen", "LC_ALL=C.UTF-8"};
  std::array<char*, 3> arguments{program.data(), profile.data(), nullptr};
  std::array<char*, 5> environment{settings[0].data(), settings[1].data(), settings[2].data(), settings[3].data(),
                                   nullptr};
  const std::string log = (profile_ / "output").string();
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) { throw std::runtime_error("cannot start a process"); }
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { _exit(126); }
    const int out = open(log.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    execvpe(program.c_str(), arguments.data(), environment.data());
    _exit(127);
  }
  const auto end = std::chrono::steady_clock::now() + kStartTime;
  while (!answers()) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      const bool absent = WIFEXITED(status) && WEXITSTATUS(status) == 127;
      throw std::runtime_error(absent ? "qbittorrent-nox is not installed: apt-get install qbittorrent-nox"
                                      : "qbittorrent-nox ended at once");
    }
    if (std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("qbittorrent-nox does not answer at " + url());
    }
    std::this_thread::sleep_for(kLook);
  }
}

bool RealQbittorrent::answers() const {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) { return false; }
  const sockaddr_in address = loopback(web_port_);
  const bool ok = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return ok;
}

void RealQbittorrent::stop(int signal) noexcept {
  if (pid_ <= 0) { return; }
  kill(pid_, signal);
  const auto end = std::chrono::steady_clock::now() + kStartTime;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) { kill(pid_, SIGKILL); }
    std::this_thread::sleep_for(kLook);
  }
  pid_ = -1;
}

}  // namespace quarry::integration
