// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "backend.h"

#include "failure.h"

namespace tl::tool::remote {

std::optional<row> checked(const settings &with, const std::string &name,
                           const stored_object &object, std::string &why) {
  try {
    if (object.text.size() > most_document_bytes || object.signature.size() > most_signature_bytes)
      throw failure(exit_file, "too large");
    if (!with.signers.empty() && !is_signed(object.text, object.signature, with.signers))
      throw failure(exit_file, object.signature.empty()
                                   ? "not signed, and TL_REMOTE demands it"
                                   : "not signed by any of the keys that TL_REMOTE names");
    return from_document(object.text, name);
  } catch (const failure &error) {
    why = name + ": " + error.what();
    return std::nullopt;
  }
}

stored_object made_object(const settings &with, const std::string &name, const row &what) {
  stored_object made;
  made.text = to_document(what);
  if (with.own_key)
    made.signature = sign(made.text, *with.own_key, "file:" + name + ".json");
  return made;
}

} // namespace tl::tool::remote
