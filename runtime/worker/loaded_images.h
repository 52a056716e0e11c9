// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program and its libraries as the loader has them, also in a forked worker, where the loader
// itself may be locked for ever: by another thread that was loading a library at the fork.

#ifndef TL_RUNTIME_WORKER_LOADED_IMAGES_H
#define TL_RUNTIME_WORKER_LOADED_IMAGES_H

#include <link.h>
#include <vector>

namespace tl::rt {

using image_list = std::vector<dl_phdr_info>;

/// All images that are loaded now. For the calling thread: dlpi_tls_data is of its variables.
image_list list_images();

/// From here on for_each_image() goes through these; for a worker, right after its fork.
void note_images(const image_list &images) noexcept;

/// dl_iterate_phdr().
int for_each_image(int (*visit)(dl_phdr_info *info, std::size_t size, void *data), void *data);

} // namespace tl::rt

#endif
