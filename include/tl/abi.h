// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C boundary between generated code, inline headers and libtlruntime. Everything that crosses
// it is plain data or a function pointer; no exception crosses it except one that a variant throws
// inside `tl_factory::invoke`, which the runtime catches. Fields are only ever appended: each
// struct that a program hands over carries its own size, so that a newer runtime can tell what an
// older program knew.

#ifndef TL_ABI_H
#define TL_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bumped when the meaning of an existing field or function changes.
#define TL_ABI_VERSION 4

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tl_factory tl_factory;

enum { TL_BACKEND_CPU = 0, TL_BACKEND_CUDA = 1, TL_BACKEND_HIP = 2 };

/// What one element of a buffer is; decides how results are compared and poisoned.
enum {
  TL_ELEMENT_BYTES = 0, ///< unknown: compared byte by byte
  TL_ELEMENT_BOOL = 1,
  TL_ELEMENT_I8 = 2,
  TL_ELEMENT_U8 = 3,
  TL_ELEMENT_I16 = 4,
  TL_ELEMENT_U16 = 5,
  TL_ELEMENT_I32 = 6,
  TL_ELEMENT_U32 = 7,
  TL_ELEMENT_I64 = 8,
  TL_ELEMENT_U64 = 9,
  TL_ELEMENT_F16 = 10,
  TL_ELEMENT_BF16 = 11,
  TL_ELEMENT_F32 = 12,
  TL_ELEMENT_F64 = 13,
  TL_ELEMENT_E4M3 = 14,
  TL_ELEMENT_E5M2 = 15,
  TL_ELEMENT_POINTER = 16 ///< addresses: such a buffer means nothing in another process
};

/// What a factory does with a buffer argument.
enum {
  TL_ACCESS_UNKNOWN = 0, ///< pointer to non-const: may be read and written
  TL_ACCESS_IN = 1,      ///< only read
  TL_ACCESS_OUT = 2,     ///< every element written, none read before
  TL_ACCESS_INOUT = 3,   ///< read and written
  TL_ACCESS_SCRATCH = 4  ///< contents after the call mean nothing; never compared
};

enum {
  TL_PARAMETER_VALUE = 0,     ///< trivially copyable bytes without pointers known to us
  TL_PARAMETER_POINTER = 1,   ///< T *, extent unknown
  TL_PARAMETER_VIEW = 2,      ///< carries its own extent; see tl_parameter::view
  TL_PARAMETER_STREAM = 3,    ///< cudaStream_t, hipStream_t
  TL_PARAMETER_REFERENCE = 4, ///< T &: one object of `size` bytes
  TL_PARAMETER_OPAQUE = 5,    ///< copyable object of a class type: usable in a forked child only
  TL_PARAMETER_UNCOPYABLE = 6 ///< cannot be passed twice: such a factory is never tuned
};

#define TL_MAX_RANK 8

/// A buffer as an argument describes it.
typedef struct tl_view {
  void *data;
  uint64_t bytes; ///< from the first to one past the last element [bytes]
  uint32_t rank;
  uint32_t reserved;
  uint64_t shape[TL_MAX_RANK];  ///< [elements]
  int64_t strides[TL_MAX_RANK]; ///< [elements]
} tl_view;

/// A pointer inside of an object.
typedef struct tl_pointer {
  uint32_t offset;  ///< in the object [bytes]
  uint32_t element; ///< TL_ELEMENT_* of what it leads to
  uint32_t access;  ///< TL_ACCESS_*
  uint32_t content; ///< TL_CONTENT_POINTERS: data; else what it is
} tl_pointer;

enum {
  TL_MEMBER_NUMBER = 0,  ///< integer, enum or bool: a word of the problem key
  TL_MEMBER_REAL = 1,    ///< floating-point number
  TL_MEMBER_POINTER = 2, ///< object pointer
  TL_MEMBER_OTHER = 3    ///< anything else
};

/// One value inside an argument of a class type, however deep.
typedef struct tl_member {
  const char *name; ///< "p.size[1]"
  uint32_t kind;    ///< TL_MEMBER_*
  uint32_t element; ///< TL_ELEMENT_* of the value; of what a pointer leads to
  uint32_t access;  ///< of a pointer: TL_ACCESS_*
  uint32_t offset;  ///< in the argument object, or in the object referred to [bytes]
  uint32_t size;    ///< [bytes]
  uint32_t bit;     ///< of a bit-field: its first bit, counted from `offset`
  uint32_t bits;    ///< its width, 0: no bit-field
} tl_member;

enum {
  /// A VIEW that may have gaps: its strides are words of the problem key, after its shape; all of
  /// them 0 where it is dense.
  TL_PARAMETER_STRIDED = 1
};

/// One parameter of a factory, and how the object of its argument is handled by code that does not
/// know its type.
typedef struct tl_parameter {
  const char *name; ///< as written in the factory, "" when unnamed
  uint32_t kind;    ///< TL_PARAMETER_*
  uint32_t element; ///< TL_ELEMENT_* of what a pointer, view or reference leads to, or of the value
  uint32_t access;  ///< TL_ACCESS_*
  uint32_t size;    ///< of the argument object; of the object referred to for a reference [bytes]
  const void *type; ///< equal addresses mean equal types (without const and reference)
  uint64_t align;   ///< of the argument object [bytes]
  /// Describes the buffer behind a VIEW argument; null for every other kind.
  void (*view)(const void *argument, tl_view *out);
  /// Points a copy of a POINTER or VIEW argument at other storage; null for every other kind.
  void (*rebase)(void *argument, void *data);
  /// Constructs a copy; null: its bytes are copied, or it cannot be copied (UNCOPYABLE).
  void (*copy)(void *to, const void *from);
  /// Ends the life of such a copy; null: nothing has to be done.
  void (*destroy)(void *object);
  /// Makes a VIEW of rank 1 one of the whole elements in so many bytes at `data`; null: its extents
  /// cannot be changed.
  void (*resize)(void *argument, void *data, uint64_t bytes);
  /// Pointers inside of the object, as far as the compiler knows them.
  const tl_pointer *pointers;
  uint32_t pointer_count;
  uint32_t reserved;
  const tl_member *members; ///< of a class type, [member_count]
  uint32_t member_count;
  uint32_t flags;     ///< TL_PARAMETER_STRIDED
  uint32_t stride;    ///< size of one element that a pointer or iterator leads to, 0: not known
  uint32_t range_end; ///< 1 + the parameter that ends the range which this one begins, 0: none
  /// Where an iterator of a class type points to; null for every other type.
  void *(*address)(const void *argument);
  /// How many elements a container holds that is no VIEW: a word of the problem key; null: none.
  uint64_t (*count)(const void *argument);
  /// Of a result: whether two are equal; null: there is nothing to ask.
  bool (*equal)(const void *one, const void *other);
} tl_parameter;

/// What an object holds besides bytes that mean the same in every process; a set of these.
enum {
  TL_CONTENT_BYTES = 0,
  TL_CONTENT_POINTERS = 1, ///< addresses of data
  TL_CONTENT_HANDLE = 2,   ///< of a library, a texture, a function: means nothing elsewhere
  TL_CONTENT_SURFACE = 4,  ///< through which code writes to memory that cannot be copied
  TL_CONTENT_OBJECT = 8    ///< a class with constructors or destructors of its own
};

enum {
  TL_MEMORY_HOST = 0,
  TL_MEMORY_DEVICE = 1, ///< __device__, __constant__
  TL_MEMORY_MANAGED = 2
};

/// What a factory's code does with a variable; a set of these.
enum {
  TL_VARIABLE_READ = 1,
  TL_VARIABLE_WRITTEN = 2,
  TL_VARIABLE_LATE = 4,        ///< initialises itself when its function is first called
  TL_VARIABLE_NAMES_CONFIG = 8 ///< holds which variant has run: no result
};

/// A variable outside of the arguments that a factory's host or device code reaches.
typedef struct tl_variable {
  const char *name;
  const void *address; ///< the host's; of a device variable what the toolkit knows it by. Null: ask
                       ///< `locate`
  const void *(*locate)(void); ///< on the calling thread
  uint64_t bytes;              ///< 0: not known to the compiler [bytes]
  uint32_t memory;             ///< TL_MEMORY_*
  uint32_t access;             ///< TL_VARIABLE_*
  uint32_t content;            ///< TL_CONTENT_*
  uint32_t element;            ///< TL_ELEMENT_* of which it is made throughout
  const tl_pointer *pointers;  ///< those that are known
  uint32_t pointer_count;
  uint32_t reserved;
} tl_variable;

/// One input of a trial that the program gives in place of an argument.
typedef struct tl_input {
  const void *type; ///< as tl_parameter::type
  void *object;
  uint32_t kind;    ///< TL_PARAMETER_VALUE, POINTER or VIEW
  uint32_t element; ///< TL_ELEMENT_*
  uint32_t number;  ///< 1: `real` and `integer` are its value
  uint32_t reserved;
  tl_view view; ///< of a view; of a pointer only `data`
  double real;
  int64_t integer;
} tl_input;

/// The inputs of one scope; an inner scope hides the outer ones.
typedef struct tl_inputs {
  const tl_input *inputs;
  uint64_t count;
} tl_inputs;

/// What a floating-point number is, as a fact of a call.
enum { TL_REAL_OTHER = 0, TL_REAL_ZERO = 1, TL_REAL_ONE = 2, TL_REAL_NOT_FINITE = 3 };

enum { TL_DEFAULT = 0, TL_FALSE = 1, TL_TRUE = 2 };
enum { TL_ISOLATION_DEFAULT = 0, TL_ISOLATION_PROCESS = 1, TL_ISOLATION_NONE = 2 };
enum {
  TL_PROFILER_DEFAULT = 0,
  TL_PROFILER_EVENT = 1,
  TL_PROFILER_GRAPH = 2,
  TL_PROFILER_CUPTI = 3,
  TL_PROFILER_WALL = 4
};
enum { TL_SEARCH_EXHAUSTIVE = 0, TL_SEARCH_RANDOM = 1, TL_SEARCH_LOCAL = 2 };

/// What generated inputs look like; <tl/supply.h> has the ranges.
enum {
  TL_SUPPLY_NONE = 0, ///< nothing is generated: the call's own arguments
  TL_SUPPLY_AUTO = 1,
  TL_SUPPLY_INTEGER = 2,
  TL_SUPPLY_UNIFORM = 3,
  TL_SUPPLY_NORMAL = 4,
  TL_SUPPLY_RANDN = 5,
  TL_SUPPLY_ZERO = 6,
  TL_SUPPLY_ONE = 7
};

/// What decides whether a variant is right for a call, beside the problem.
enum {
  TL_FACT_ALIGNMENT = 1, ///< of the addresses that arguments lead to, up to 256 bytes
  TL_FACT_NULL = 2,      ///< which pointers are null
  TL_FACT_OVERLAP = 4,   ///< which of them lead to the same memory, one being written
  TL_FACT_SCALARS = 8    ///< whether floating-point numbers are 0, 1, not finite, or others
};

/// The attribute's options as the runtime reads them.
typedef struct tl_options {
  uint32_t struct_size;
  uint32_t rep;   ///< most timed samples per variant
  double timeout; ///< hard limit for one trial of one variant [s]
  double budget;  ///< limit for one tuning session, 0: none [s]
  double warmup;  ///< untimed running before a variant's first timed sample [ms]
  double rtol;    ///< |actual - expected| <= atol + rtol * |expected| is a match
  double atol;
  double max_mismatched_ratio; ///< share of compared elements that may fail that
  uint32_t check_repeat;       ///< runs that must agree bit for bit, 0 or 1: no such check
  uint8_t skip_check;
  uint8_t equal_nan;
  uint8_t cold; ///< TL_DEFAULT: cold on a GPU, hot on the CPU; TL_TRUE, TL_FALSE
  uint8_t cache_inputs;
  uint32_t isolation;     ///< TL_ISOLATION_*
  uint32_t profiler;      ///< TL_PROFILER_*
  uint32_t search;        ///< TL_SEARCH_*
  uint32_t search_count;  ///< n of random(n), local(n)
  uint32_t supply;        ///< TL_SUPPLY_*
  uint32_t supply_seed;   ///< equal seeds give equal inputs
  uint32_t ignored_facts; ///< TL_FACT_*: those that no variant's rightness depends on
  uint32_t reserved;
  /// Runs the reference on the arguments; null: the default config is the reference.
  void (*reference)(const tl_factory *, void *const *arguments, void *result);
  /// Looks at the arguments as a variant left them (and its result); false rejects it. Null:
  /// compare.
  bool (*check)(const tl_factory *, void *const *arguments, const void *result);
  /// Sets wanted[i] for each variant that may run on this problem. Null: all.
  void (*eligible)(const tl_factory *, void *const *arguments, uint8_t *wanted);
  /// Puts the arguments' data back, untimed, before each launch of a trial. Null: memory is put
  /// back as it was.
  void (*restore)(const tl_factory *, void *const *arguments);
  /// Above 0: `atol` of an output is this times the root mean square of its expected elements.
  double rms;
} tl_options;

/// Runtime-owned and zero-initialised in the program: how a dispatcher reaches its installed
/// winners. `table` is replaced as a whole and never freed while the program runs, so that a reader
/// needs no lock.
typedef struct tl_dispatch_slot {
  const void *table;   ///< atomic; private to the runtime
  const void *plan;    ///< atomic; private to the runtime
  uint64_t generation; ///< atomic; bumped when what threads remember is no longer to be used
} tl_dispatch_slot;

/// One axis of a space whose variants are compiled on demand.
typedef struct tl_axis {
  const char
      *texts; ///< "block_m=64\nblock_m=128": its values as a config's text has them, a line each
  uint32_t count;
  uint32_t item; ///< which item of a config's text they are
} tl_axis;

/// A space whose variants are compiled when a session asks for them. A combination is a number, of
/// which the last axis is the fastest digit; its text is `items` with those of the axes in place,
/// joined by commas. Writable in the program, for the runtime.
typedef struct tl_on_demand {
  uint32_t struct_size;
  uint32_t axis_count;
  const tl_axis *axes;
  const char *items; ///< of the default config, a line each
  uint32_t item_count;
  uint32_t reserved;
  uint64_t combinations;
  const void *space; ///< for `admits` only
  /// Whether the space's predicates admit a combination. Thread-safe, as far as they are.
  bool (*admits)(const void *space, uint64_t combination);
  /// What compiling this took, one line each: "tl-compile 1", "by COMPILER", "plugin FILE",
  /// "in DIRECTORY", "from SOURCE", then "a ARGUMENT" for each argument of `clang -cc1` ("f
  /// FEATURE" for two, `-target-feature FEATURE`), in which a backslash, a line feed and a carriage
  /// return are written \\, \n and \r; or "not REASON". With device code it is "tl-compile 2", has
  /// "cuda FOLDER" or "hip FOLDER" (the toolkit's headers) and "w WORD" for each word of a command
  /// that runs the compiler, and the arguments are those of Clang's driver.
  const char *record;
  const char *made_by; ///< the identity of compiler and plugin
  const char *code;    ///< hash of the code that the variants are made of, without flags
  void *state;         ///< atomic; private to the runtime
  /// Calls `use(state, config)` with the config object of a combination, for `eligible`; null
  /// without that.
  void (*with_config)(const void *space, uint64_t combination,
                      void (*use)(void *state, const void *config), void *state);
} tl_on_demand;

/// What a library of variants that were compiled on demand has to tell, by the function
/// `tl_on_demand_library` that it exports.
typedef struct tl_on_demand_library {
  uint32_t abi_version;
  uint32_t struct_size;
  const char *factory; ///< tl_factory::id
  const char *made_by; ///< as tl_on_demand::made_by
  const char *code;    ///< as tl_on_demand::code
  uint32_t variant_count;
  uint32_t reserved;
  const char *const *configs; ///< [variant_count]
  const void *functions;      ///< typed table, as tl_factory::functions
  const void *values;         ///< config objects, as tl_factory::values
} tl_on_demand_library;

/// Compiler libraries on the machine that the program runs on.
enum { TL_RTC_NVRTC = 0, TL_RTC_HIPRTC = 1 };

/// Source whose kernels such a library compiles.
typedef struct tl_rtc_source {
  uint32_t struct_size;
  uint32_t header_count;
  const char *name; ///< of the file, for messages
  const char *text;
  const char *const *headers; ///< [2 * header_count] a name as in `#include`, then its text
  const char *options;        ///< for the compiler, one a line
  const char *toolkit;        ///< where the device toolkit's headers were when this was built
  /// Of the runtime (CUDA's, HIP's) that the program's launches go to, to make kernels known to it.
  void **(*register_image)(void *wrapper);
  int (*register_kernel)(void **image, const char *stub, char *name, const char *again, int, void *,
                         void *, void *, void *, int *);
  void (*registered)(void **image); ///< null: there is none
  void (*unregister_image)(void **image);
  uint32_t compiler; ///< TL_RTC_...
  uint32_t reserved;
} tl_rtc_source;

/// A kernel of such a source.
typedef struct tl_rtc_kernel {
  const void *stub;       ///< the address that launches name it by
  const char *expression; ///< "::ns::kernel<4>"; "": it is not made from a template
  const char *name;       ///< on the device, where there is no expression
} tl_rtc_kernel;

/// A variant that launches such kernels and no others.
typedef struct tl_rtc_variant {
  uint32_t struct_size;
  uint32_t kernel_count;
  const void *function; ///< as in tl_factory::functions
  const tl_rtc_kernel *kernels;
  const tl_rtc_source *source;
} tl_rtc_variant;

/// One concrete factory: everything the runtime knows about it. Lives as long as its image is
/// loaded.
struct tl_call;

struct tl_factory {
  uint32_t abi_version;
  uint32_t struct_size;
  uint32_t backend; ///< TL_BACKEND_*
  uint32_t variant_count;
  uint32_t default_variant; ///< index of the default config
  uint32_t parameter_count;
  uint32_t tunable; ///< 0 when a parameter is UNCOPYABLE
  uint32_t reserved;
  const char *id;   ///< mangled name of the specialisation: the same in every file and build
  const char *name; ///< for people: "ns::gemm<float>"
  const char *file;
  uint64_t line;
  const char *fingerprint;    ///< 32 hexadecimal digits
  const char *const *configs; ///< [variant_count] "block_m=64,block_n=64"
  const tl_parameter *parameters;
  /// How the returned value is compared: as a VALUE of `element` (several, where it is larger), or
  /// by its `members` (of which each may be several elements of one type, one after the other); as
  /// the elements of a VIEW; by `equal`; otherwise, and where it is SCRATCH, not at all.
  tl_parameter result;
  const void *functions; ///< typed table, for `invoke` only
  const void *context;   ///< for the callbacks in `options` only
  const void *values;    ///< config objects, for `options.eligible` only
  tl_options options;
  tl_dispatch_slot *slot;
  /// Calls one variant with arguments given by address (copying those taken by value). `result` is
  /// storage of result.size bytes or null. The caller ends the life of what is left there with
  /// result.destroy, where that is set; a result of no use to it is never stored.
  void (*invoke)(const tl_factory *, uint32_t variant, void *const *arguments, void *result);
  /// Text of the device toolkit's pending error (of a refused launch), which it clears; null: none.
  /// Each image has its own toolkit runtime when that is linked statically. Null on the CPU.
  const char *(*take_error)(void);
  const void *dispatcher;  ///< address of the function that callers reach, null: not known
  uint32_t key_words;      ///< length of a problem key
  uint32_t own_parameters; ///< leading parameters that are the factory's own; the rest are those of
                           ///< the launch that a lazy factory returns
  /// Trial inputs from `supply = fn`; null: there is none. Returns 1 and replaces addresses (and
  /// `extents` where known), with an owner to be handed to release_inputs after the last trial; 0:
  /// there are none; -1: they do not fit, and `append(sink, text)` was told why.
  int32_t (*inputs)(const tl_factory *, const struct tl_call *call, void **arguments,
                    uint64_t *extents, void **owner, void (*append)(void *sink, const char *text),
                    void *sink);
  void (*release_inputs)(void *owner);
  int32_t (*current_device)(void);    ///< ordinal, -1: none; null on the CPU
  bool (*is_capturing)(void *stream); ///< null on the CPU
  /// Words of a problem key that `key = fn` makes, without the device's, and which of them are
  /// signed (unless null); null: the words are those that tl_rt_make_key takes from the arguments.
  void (*own_key)(const tl_factory *, void *const *arguments, uint64_t *words, uint8_t *is_signed);
  /// Variables outside of the arguments that the factory's code reaches, as far as the compiler
  /// sees it. On the CPU, where a worker has all of the program's memory, only those that name the
  /// config.
  const tl_variable *variables;
  uint32_t variable_count;
  uint32_t reserved2;
  /// Where a variable of the current device is, and its size, as the image's own toolkit runtime
  /// knows it; false: it does not. Null on the CPU.
  bool (*find_symbol)(const void *shadow, void **address, uint64_t *bytes);
  /// What `eligible` says of one variant; null: it admits all.
  bool (*admits)(const tl_factory *, void *const *arguments, uint32_t variant);
  uint64_t call_words; ///< that a thread remembers of its last call; see tl_rt_select
  /// Calls `run(state, arguments)` from each thread of a team such as the program makes for this
  /// call, with the addresses of that thread's arguments, and returns when all are done; null:
  /// calls come from one thread.
  void (*team)(const tl_factory *, void *const *arguments,
               void (*run)(void *state, void *const *arguments), void *state);
  /// The space, where most of its variants are compiled on demand; null: all are in the tables.
  tl_on_demand *on_demand;
};

/// One call that found no winner in the thread's memory.
typedef struct tl_call {
  uint32_t struct_size;
  uint32_t key_words;
  const uint64_t *key;     ///< exact key of the problem, [key_words]
  const char *problem;     ///< its printed form: "m=1024,n=1024,k=512"
  void *const *arguments;  ///< addresses of the caller's arguments, [parameter_count]
  void *stream;            ///< the stream among the arguments, null: none
  int32_t device;          ///< ordinal of the current device, -1 on the CPU
  uint32_t capturing;      ///< 1 while `stream` is being captured: nothing may be tuned
  const uint64_t *extents; ///< sizes of buffers that arguments do not tell [bytes], 0: not known;
                           ///< [parameter_count], or null
  uint32_t synthetic; ///< 1: the buffers hold nothing (and may be null): inputs must be generated
  uint32_t reserved;
} tl_call;

/// Makes a factory known until the image (the address of its __dso_handle; null: the program) that
/// says so is unloaded. Called when an image is loaded that calls the factory; safe to call again;
/// thread-safe. A factory of another ABI version is refused with one line on stderr.
void tl_rt_register(const tl_factory *factory, void *image);

/// Installed variant for a key, or UINT32_MAX. No lock, no allocation, no system call; thread-safe.
uint32_t tl_rt_find(const tl_dispatch_slot *slot, const uint64_t *key, uint32_t key_words);

/// Variant to run for this call: the installed one, the stored winner, or the result of tuning now.
/// Always returns a valid index; failures are reported and answered with the default variant, but
/// for TL_TUNE=require, which ends the program with status 3 when nothing is stored. Thread-safe.
uint32_t tl_rt_resolve(const tl_factory *factory, const tl_call *call);

/// What a thread remembers of its last call of one factory. Words follow that are equal only where
/// the next call is of the same problem and has the same facts; see tl_rt_select. Zeros where
/// nothing is remembered.
typedef struct tl_last_call {
  uint64_t generation; ///< one more than that of the dispatch slot
  void *function;      ///< the variant
} tl_last_call;

/// The slow path of a dispatcher: the function to run for these arguments, found in the table of
/// installed winners, else as tl_rt_resolve finds it. `last` and the words after it are what the
/// thread is to remember; nothing is remembered where a key names the current device (the process
/// sees devices of several models), nor where `eligible` may look at what the words do not hold.
/// Thread-safe. Throws what `key = fn` and `eligible` throw, and nothing else.
///
/// The words, [call_words]: those that `key = fn` returns, if it is given; then for each parameter,
/// as far as they exist: a number (unless `key` is given and `eligible` is not); a floating-point
/// number as TL_REAL_* (with `eligible`: its bits); an address; the data, shape and, if it is
/// STRIDED, strides of a view; the count of a container; the same of its members.
void *tl_rt_select(const tl_factory *factory, void *const *arguments, tl_last_call *last);

/// A variant for a lazy factory's launch, whose key is known, given the addresses of all arguments:
/// one that is installed and proven for this call, or UINT32_MAX. No lock, no system call;
/// thread-safe. Throws what `eligible` throws.
uint32_t tl_rt_find_for(const tl_factory *factory, const uint64_t *key, void *const *arguments);

/// What to run in place of `variant`, which has just said that it is infeasible for this call:
/// another one that is right for it, the default one at last. UINT32_MAX: there is none left.
/// Thread-safe.
uint32_t tl_rt_refused(const tl_factory *factory, const tl_call *call, uint32_t variant);

/// The same for a dispatcher, of functions; null: there is none left.
void *tl_rt_reselect(const tl_factory *factory, void *const *arguments, void *function);

/// The key of the problem that these arguments (the factory's own) make, [key_words]: on a GPU the
/// current device's ordinal, or 0 where the process sees devices of one model only; then what
/// `key = fn` returns, else one word for each argument that is an integer, enum or bool that the
/// factory cannot write, one for each dimension of a view and, if it is STRIDED, for each stride,
/// one for the size of a range or container, and those of members. Thread-safe. Throws what `key =
/// fn` throws, and nothing else.
void tl_rt_make_key(const tl_factory *factory, void *const *arguments, uint64_t *key);

/// Fills in `call` for these arguments (for a lazy factory also those of the launch): device,
/// stream, capturing, and the key, as tl_rt_make_key makes it, in `key` [key_words]. The printed
/// problem goes to `append(sink, text)`, and not into `call`. Thread-safe.
void tl_rt_make_call(const tl_factory *factory, void *const *arguments, tl_call *call,
                     uint64_t *key, void (*append)(void *sink, const char *text), void *sink);

/// tl_parameter::rebase of every raw pointer.
void tl_rt_rebase_pointer(void *argument, void *data);

/// Makes `inputs` those of every tuning session that begins on this thread, null: none. Returns
/// what they were before.
const tl_inputs *tl_rt_set_inputs(const tl_inputs *inputs);

/// Says that the variant that is running on this thread cannot run here, and why (the device's
/// limits, with the numbers), whatever it does next. Inside a trial the variant is then recorded as
/// infeasible.
void tl_rt_infeasible(const char *reason);

/// Says one line as a warning, once per process for each key.
void tl_rt_warn_once(const char *key, const char *text);

/// Warns, once, that `eligible` asks for a config that was not compiled: its `position`th, counted
/// from 0.
void tl_rt_warn_not_compiled(const tl_factory *factory, uint64_t position);

/// Text of the last error on this thread, "" when there was none. Valid until the next call.
const char *tl_rt_last_error(void);

/// Starts to record how long the kernels of this process take on a backend's devices, by the
/// vendor's profiler, which is opened when it is first asked for. Returns null, or the reason why
/// that cannot be (valid until this thread's next call). One recording at a time in a process.
const char *tl_rt_begin_kernel_times(uint32_t backend);

/// Ends that and sums up what the kernels since then took [ns]; the caller has waited for them.
/// Returns null, or why there is no sum.
const char *tl_rt_end_kernel_times(uint32_t backend, double *nanoseconds);

/// TL_ABI_VERSION of the runtime that is linked.
uint32_t tl_rt_abi_version(void);

#ifdef __cplusplus
}
#endif

#endif
