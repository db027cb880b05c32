#include "mutations.h"

namespace polycall::codec_conformance {

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = {
      {"valid", Valid},
      {"reordered", Reordered},
      {"concatenated", Concatenated},
      {"packing-swapped", PackingSwapped},
      {"duplicated", Duplicated},
      {"fields-added", FieldsAdded},
      {"unknown-fields", UnknownFields},
      {"map-entries", MapEntries},
      {"enums", Enums},
      {"left-out", LeftOut},
      {"texts", Texts},
      {"varints", Varints},
      {"wire-types", WireTypes},
      {"lengths", Lengths},
      {"groups", Groups},
      {"field-numbers", FieldNumbers},
      {"deep", Deep},
      {"truncated", Truncated},
      {"bit-flips", BitFlips},
      {"damaged", Damaged},
      {"nonsense", Nonsense},
  };
  return kinds;
}

}  // namespace polycall::codec_conformance
