/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Compiles kernels with NVRTC or HIPRTC, in a process of its own that can be killed:
 *
 *   rtc_process nvrtc|hiprtc LIBRARY REQUEST BASE
 *
 * REQUEST is what rtc_compiler.cpp writes: three counts (of headers, options and units, 8 bytes
 * each), then strings (a size of 8 bytes, the bytes, a zero): the source's name and text; for each
 * header its name and text; the options; and for each unit the count of its name expressions and
 * these. One unit after the other is compiled; of the unit N it leaves
 *
 *   BASE.N.log    what the compiler said
 *   BASE.N.names  the kernels' names on the device, a line each (not by HIPRTC)
 *   BASE.N.code   its code, written last; missing where it did not compile
 *
 * The headers with which the source begins are read once, where the library is of CUDA 12.8 or
 * newer. What the libraries write besides lies in the directory BASE.temporary.
 *
 * Status 0: all units were dealt with; 2: the library is no good; 3: a file could not be read or
 * written; the reason is on standard error. */

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef void *program;

/* As the libraries' headers declare them, but for the names; 0 is success. */
static int (*create_program)(program *, const char *, const char *, int, const char *const *,
                             const char *const *);
static int (*add_name_expression)(program, const char *);
static int (*compile_program)(program, int, const char *const *);
static int (*get_lowered_name)(program, const char *, const char **);
static int (*get_code_size)(program, size_t *);
static int (*get_code)(program, char *);
static int (*get_log_size)(program, size_t *);
static int (*get_log)(program, char *);
static int (*destroy_program)(program *);
static const char *(*get_error_string)(int);
static int (*get_version)(int *, int *);

enum { library_is_no_good = 2, file_is_no_good = 3 };

static void fail(int status, const char *what, const char *why) {
  fprintf(stderr, "error: %s: %s\n", what, why ? why : "unknown");
  exit(status);
}

static int is_hip;

static void *find(void *library, const char *what) {
  char name[64];
  snprintf(name, sizeof name, "%s%s", is_hip ? "hiprtc" : "nvrtc", what);
  void *found = dlsym(library, name);
  if (!found)
    fail(library_is_no_good, name, dlerror());
  return found;
}

static void open_library(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    fail(library_is_no_good, path, dlerror());
  *(void **)&create_program = find(library, "CreateProgram");
  *(void **)&add_name_expression = find(library, "AddNameExpression");
  *(void **)&compile_program = find(library, "CompileProgram");
  if (!is_hip)
    *(void **)&get_lowered_name = find(library, "GetLoweredName");
  *(void **)&get_code_size = find(library, is_hip ? "GetCodeSize" : "GetCUBINSize");
  *(void **)&get_code = find(library, is_hip ? "GetCode" : "GetCUBIN");
  *(void **)&get_log_size = find(library, "GetProgramLogSize");
  *(void **)&get_log = find(library, "GetProgramLog");
  *(void **)&destroy_program = find(library, "DestroyProgram");
  *(void **)&get_error_string = find(library, "GetErrorString");
  *(void **)&get_version = find(library, "Version");
}

/* ---- the request ------------------------------------------------------------------------------
 */

static char *request, *at, *end;

static void *allocate(size_t bytes) {
  void *made = malloc(bytes ? bytes : 1);
  if (!made)
    fail(file_is_no_good, "memory", "there is none");
  return made;
}

static void read_request(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0)
    fail(file_is_no_good, path, "it cannot be read");
  const long size = ftell(file);
  rewind(file);
  request = allocate((size_t)size);
  if (size < 0 || fread(request, 1, (size_t)size, file) != (size_t)size)
    fail(file_is_no_good, path, "it cannot be read");
  fclose(file);
  at = request;
  end = request + size;
}

static uint64_t number(void) {
  uint64_t value;
  if ((size_t)(end - at) < sizeof value)
    fail(file_is_no_good, "the request", "it is cut off");
  memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

static uint64_t count(void) {
  const uint64_t value = number();
  if (value > (uint64_t)(end - request))
    fail(file_is_no_good, "the request", "it is damaged");
  return value;
}

static const char *string(void) {
  const uint64_t size = number();
  const char *text = at;
  if (size >= (uint64_t)(end - at) || at[size] != 0)
    fail(file_is_no_good, "the request", "it is damaged");
  at += size + 1;
  return text;
}

/* ---- what is left behind ----------------------------------------------------------------------
 */

static void write_file(const char *base, uint64_t unit, const char *ending, const void *bytes,
                       size_t size) {
  char path[4096];
  snprintf(path, sizeof path, "%s.%llu.%s", base, (unsigned long long)unit, ending);
  FILE *file = fopen(path, "wb");
  const int written = file && fwrite(bytes, 1, size, file) == size;
  if (!written || fclose(file) != 0) {
    perror(path);
    exit(file_is_no_good);
  }
}

/* Code that is there under its name is whole. */
static void put_in_place(const char *base, uint64_t unit) {
  char from[4096], to[4096];
  snprintf(from, sizeof from, "%s.%llu.part", base, (unsigned long long)unit);
  snprintf(to, sizeof to, "%s.%llu.code", base, (unsigned long long)unit);
  if (rename(from, to) != 0) {
    perror(to);
    exit(file_is_no_good);
  }
}

static void write_log(const char *base, uint64_t unit, program made, int status) {
  size_t size = 0;
  char *log = NULL;
  if (made && get_log_size(made, &size) == 0 && size > 1) {
    log = allocate(size);
    if (get_log(made, log) != 0)
      log = NULL;
  }
  if (log)
    write_file(base, unit, "log", log, size - 1);
  else if (status)
    write_file(base, unit, "log", get_error_string(status), strlen(get_error_string(status)));
  free(log);
}

static int write_names(const char *base, uint64_t unit, program made, uint64_t expressions,
                       const char **texts) {
  char *names = NULL;
  size_t used = 0;
  for (uint64_t i = 0; i < expressions; ++i) {
    const char *name = NULL;
    const int status = get_lowered_name(made, texts[i], &name);
    if (status)
      return status;
    char *more = realloc(names, used + strlen(name) + 2);
    if (!more)
      fail(file_is_no_good, "memory", "there is none");
    names = more;
    used += (size_t)sprintf(names + used, "%s\n", name);
  }
  write_file(base, unit, "names", names ? names : "", used);
  free(names);
  return 0;
}

enum { most_header_flags = 3 };

static int add_header_flags(const char **to, const char *temporary) {
  static char folder[4096 + sizeof "--pch-dir="];
  int major = 0, minor = 0;
  if (is_hip || get_version(&major, &minor) || major < 12 || (major == 12 && minor < 8))
    return 0;
  snprintf(folder, sizeof folder, "--pch-dir=%s", temporary);
  to[0] = "--pch";
  to[1] = "--pch-messages=false";
  to[2] = folder;
  return most_header_flags;
}

int main(int argc, char **argv) {
  if (argc != 5)
    fail(file_is_no_good, "usage", "rtc_process nvrtc|hiprtc LIBRARY REQUEST BASE");
  is_hip = strcmp(argv[1], "hiprtc") == 0;
  read_request(argv[3]);
  open_library(argv[2]);
  const char *const base = argv[4];
  static char temporary[4096];
  snprintf(temporary, sizeof temporary, "%s.temporary", base);
  const int has_folder = mkdir(temporary, 0700) == 0;
  if (has_folder)
    setenv("TMPDIR", temporary, 1);

  const uint64_t headers = count(), options = count(), units = count();
  const char *const name = string(), *const text = string();
  const char **header_names = allocate(headers * sizeof *header_names);
  const char **header_texts = allocate(headers * sizeof *header_texts);
  for (uint64_t i = 0; i < headers; ++i) {
    header_names[i] = string();
    header_texts[i] = string();
  }
  const char **flags = allocate((options + most_header_flags) * sizeof *flags);
  for (uint64_t i = 0; i < options; ++i)
    flags[i] = string();
  const int flag_count =
      (int)options + (has_folder ? add_header_flags(flags + options, temporary) : 0);

  for (uint64_t unit = 0; unit < units; ++unit) {
    const uint64_t expressions = count();
    const char **texts = allocate(expressions * sizeof *texts);
    program made = NULL;
    int status = create_program(&made, text, name, (int)headers, header_texts, header_names);
    for (uint64_t i = 0; i < expressions; ++i) {
      texts[i] = string();
      if (!status)
        status = add_name_expression(made, texts[i]);
    }
    if (!status)
      status = compile_program(made, flag_count, flags);
    /* HIPRTC finds a name only where it spells the expression as LLVM's demangler does. */
    if (!status && !is_hip)
      status = write_names(base, unit, made, expressions, texts);
    write_log(base, unit, made, status);
    size_t size = 0;
    if (!status && get_code_size(made, &size) == 0 && size > 0) {
      char *code = allocate(size);
      if (get_code(made, code) == 0) {
        write_file(base, unit, "part", code, size);
        put_in_place(base, unit);
      }
      free(code);
    }
    if (made)
      destroy_program(&made);
    free(texts);
  }
  return 0;
}
