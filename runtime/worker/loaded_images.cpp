// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/loaded_images.h"

namespace tl::rt {

static constinit const image_list *noted = nullptr;

image_list list_images() {
  image_list images;
  ::dl_iterate_phdr(
      [](dl_phdr_info *info, std::size_t, void *to) {
        static_cast<image_list *>(to)->push_back(*info);
        return 0;
      },
      &images);
  return images;
}

void note_images(const image_list &images) noexcept { noted = &images; }

int for_each_image(int (*visit)(dl_phdr_info *info, std::size_t size, void *data), void *data) {
  if (!noted)
    return ::dl_iterate_phdr(visit, data);
  for (dl_phdr_info image : *noted)
    if (const int answer = visit(&image, sizeof image, data))
      return answer;
  return 0;
}

} // namespace tl::rt
