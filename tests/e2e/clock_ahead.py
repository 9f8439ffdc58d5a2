# SPDX-License-Identifier: MIT
"""A host whose steady clock can be put forward while it runs, as if it had waited: what it does after minutes, in seconds.

  clock = ClockAhead(folder)
  quarry = lab.quarry(manifest, clock.env)
  clock.put_forward(600)
"""
import shutil
import struct
import subprocess

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static const volatile int64_t* seconds_ahead;

__attribute__((constructor)) static void begin(void) {
  void* page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, open(getenv("CLOCK_AHEAD"), O_RDONLY | O_CLOEXEC), 0);
  if (page == MAP_FAILED) { abort(); }
  seconds_ahead = page;
}

int clock_gettime(clockid_t id, struct timespec* now) {
  static int (*real)(clockid_t, struct timespec*);
  if (real == NULL) { real = dlsym(RTLD_NEXT, "clock_gettime"); }
  int result = real(id, now);
  if (id == CLOCK_MONOTONIC && seconds_ahead != NULL) { now->tv_sec += *seconds_ahead; }
  return result;
}

/* Ends after 50 ms at the latest: whoever waits looks at the clock then, and waits on if it is too early. */
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t id, const struct timespec* end) {
  static int (*real)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*);
  if (real == NULL) { real = dlsym(RTLD_NEXT, "pthread_cond_clockwait"); }
  struct timespec now, soon;
  clock_gettime(id, &now);
  soon.tv_sec = now.tv_sec + (now.tv_nsec + 50000000) / 1000000000;
  soon.tv_nsec = (now.tv_nsec + 50000000) % 1000000000;
  struct timespec chosen = *end;
  if (soon.tv_sec < end->tv_sec || (soon.tv_sec == end->tv_sec && soon.tv_nsec < end->tv_nsec)) { chosen = soon; }
  if (id == CLOCK_MONOTONIC) { chosen.tv_sec -= *seconds_ahead; }
  return real(condition, mutex, id, &chosen);
}
"""


def compiler():
    """None: there is none."""
    return shutil.which("cc")


class ClockAhead:
    """`env`: what a host must see in its environment."""

    def __init__(self, folder):
        self._file = folder / "clock-ahead"
        self._seconds = 0
        self.put_forward(0)
        source, library = folder / "clock_ahead.c", folder / "clock_ahead.so"
        source.write_text(SHIM)
        subprocess.run([compiler(), "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self.env = {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(self._file), "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def put_forward(self, seconds):
        self._seconds += seconds
        # In place: the host has this very file in its memory.
        with open(self._file, "r+b" if self._file.exists() else "w+b") as file:
            file.write(struct.pack("=q", self._seconds))
