/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A compiler library in NVRTC's place (with -DHIP: in HIPRTC's), for unit/rtc_compiler_test.cpp.
 * What it does is in the name expressions; its "code" says what it was given, and what it was asked
 * to compile is noted in the file "calls" beside it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION 1
#endif

#ifdef HIP
#include <sys/stat.h>
#define nvrtcVersion hiprtcVersion
#define nvrtcGetErrorString hiprtcGetErrorString
#define nvrtcCreateProgram hiprtcCreateProgram
#define nvrtcAddNameExpression hiprtcAddNameExpression
#define nvrtcCompileProgram hiprtcCompileProgram
#define nvrtcGetProgramLogSize hiprtcGetProgramLogSize
#define nvrtcGetProgramLog hiprtcGetProgramLog
#define nvrtcGetCUBINSize hiprtcGetCodeSize
#define nvrtcGetCUBIN hiprtcGetCode
#define nvrtcDestroyProgram hiprtcDestroyProgram
#endif

typedef struct {
  char *source, *headers, *flags;
  char expressions[8][256];
  char names[8][300];
  int count;
  char log[1024];
} program;

static char *joined(int count, const char *const *texts) {
  size_t size = 1;
  for (int i = 0; i < count; ++i)
    size += strlen(texts[i]) + 1;
  char *to = calloc(1, size);
  for (int i = 0; i < count; ++i)
    strcat(strcat(to, texts[i]), ";");
  return to;
}

int nvrtcVersion(int *major, int *minor) {
  *major = 11;
  *minor = 0;
  return 0;
}
const char *nvrtcGetErrorString(int status) {
  return status == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR";
}
int nvrtcCreateProgram(program **to, const char *source, const char *name, int headers,
                       const char *const *texts, const char *const *names) {
  (void)name, (void)texts;
  *to = calloc(1, sizeof **to);
  (*to)->source = strdup(source);
  (*to)->headers = joined(headers, names);
  return 0;
}
int nvrtcAddNameExpression(program *it, const char *text) {
  snprintf(it->names[it->count], sizeof it->names[0], "lowered(%s)", text);
  snprintf(it->expressions[it->count++], sizeof it->expressions[0], "%s", text);
  return 0;
}
int nvrtcCompileProgram(program *it, int count, const char *const *flags) {
  it->flags = joined(count, flags);
  char path[4096];
  Dl_info self;
  dladdr((void *)&nvrtcCompileProgram, &self);
  snprintf(path, sizeof path, "%.*s/calls", (int)(strrchr(self.dli_fname, '/') - self.dli_fname),
           self.dli_fname);
  FILE *calls = fopen(path, "a");
  for (int i = 0; i < it->count; ++i) {
    if (calls) {
      fprintf(calls, "%s\n", it->expressions[i]);
      fflush(calls);
    }
    if (strstr(it->expressions[i], "hang"))
      pause();
    if (strstr(it->expressions[i], "burn"))
      for (volatile int forever = 1; forever;) {
      }
    if (strstr(it->expressions[i], "crash"))
      abort();
    if (strstr(it->expressions[i], "full")) {  /* as a disk is, for whoever writes now */
      const struct rlimit little = {300, 300}; /* less than the code, more than a message */
      signal(SIGXFSZ, SIG_IGN);
      setrlimit(RLIMIT_FSIZE, &little);
    }
    if (strstr(it->expressions[i], "killed"))
      raise(SIGKILL);
    if (strstr(it->expressions[i], "greedy"))
      for (;;) {
        char *volatile more = malloc(64 << 20);
        if (!more)
          abort();
        memset(more, 1, 64 << 20);
      }
    if (strstr(it->expressions[i], "bad")) {
      snprintf(it->log, sizeof it->log, "a.cu(1): note: of %s\na.cu(3): error: it is bad\n",
               it->expressions[i]);
      break;
    }
  }
  if (calls)
    fclose(calls);
#ifdef HIP
  /* As its Clang does, and forgets when it is killed. */
  snprintf(path, sizeof path, "%s/folder", getenv("TMPDIR"));
  mkdir(path, 0700);
  strcat(path, "/input");
  fclose(fopen(path, "w"));
#endif
  return it->log[0] ? 6 : 0;
}
int nvrtcGetLoweredName(program *it, const char *text, const char **to) {
  for (int i = 0; i < it->count; ++i)
    if (!strcmp(it->expressions[i], text)) {
      *to = it->names[i];
      return 0;
    }
  return 1;
}
int nvrtcGetProgramLogSize(program *it, size_t *to) {
  *to = strlen(it->log) + 1;
  return 0;
}
int nvrtcGetProgramLog(program *it, char *to) {
  strcpy(to, it->log);
  return 0;
}
static int code(program *it, char *to, size_t most) {
  int size = snprintf(to, most, "code %d of [%s] with [%s] and [%s]", VERSION, it->source,
                      it->flags, it->headers);
#ifdef HIP
  /* A code object's names of kernel descriptors. */
  size += snprintf(to ? to + size : NULL, to ? most - size : 0, "%cplain_kernel.kd", 0) + 1;
  for (int i = 0; i < it->count; ++i)
    if (!strstr(it->expressions[i], "elsewhere"))
      size += snprintf(to ? to + size - 1 : NULL, to ? most - size : 0, "%cname of %s.kd", 0,
                       it->expressions[i]);
#endif
  return size;
}
int nvrtcGetCUBINSize(program *it, size_t *to) {
  *to = (size_t)code(it, NULL, 0);
  return 0;
}
int nvrtcGetCUBIN(program *it, char *to) {
  char all[65536];
  const int size = code(it, all, sizeof all);
  memcpy(to, all, (size_t)size);
  return 0;
}
int nvrtcDestroyProgram(program **it) {
  free((*it)->source), free((*it)->headers), free((*it)->flags), free(*it);
  *it = NULL;
  return 0;
}
