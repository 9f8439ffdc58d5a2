/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: each flush takes BENCH_FLUSH_DELAY_US microseconds longer. A virtual disk may answer a flush from
 * memory, a consumer's drive takes 0.5 to 2 ms. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int slowly(const char* name, int file) {
  int (*real)(int) = NULL;
  /* A function cannot be cast from the pointer that dlsym returns; its bytes can be copied. */
  *(void**)&real = dlsym(RTLD_NEXT, name);
  const char* const delay = getenv("BENCH_FLUSH_DELAY_US");
  const long us = delay == NULL ? 0 : atol(delay);
  const struct timespec pause = {us / 1000000, us % 1000000 * 1000};
  nanosleep(&pause, NULL);
  return real(file);
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
