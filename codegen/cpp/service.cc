#include "codegen/cpp/service.h"

#include <string>
#include <vector>

#include "codegen/cpp/layout.h"
#include "codegen/model/names.h"

namespace polycall::codegen::cpp {
namespace {

const char* KindName(model::Kind kind) {
  switch (kind) {
    case model::Kind::kUnary:
      return "POLYCALL_UNARY";
    case model::Kind::kClientStreaming:
      return "POLYCALL_CLIENT_STREAMING";
    case model::Kind::kServerStreaming:
      return "POLYCALL_SERVER_STREAMING";
    case model::Kind::kBidiStreaming:
      return "POLYCALL_BIDI_STREAMING";
  }
  return "";
}

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string Flags(const model::Method& method) {
  std::vector<std::string> flags;
  if (method.idempotent) flags.push_back("POLYCALL_METHOD_IDEMPOTENT");
  if (method.is_inline) flags.push_back("POLYCALL_METHOD_INLINE");
  if (method.blocking) flags.push_back("POLYCALL_METHOD_BLOCKING");
  return flags.empty() ? "0" : Join(flags, " | ");
}

std::string Timeout(const model::Method& method) {
  if (method.default_timeout_ms == 0) return "0";
  return "INT64_C(" + std::to_string(int64_t{method.default_timeout_ms} * 1'000'000) + ")";
}

std::string Hexadecimal(uint64_t number) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kDigits[(number >> shift) & 15]);
  return text;
}

void WriteMethodTable(const model::Service& service, Writer* writer) {
  writer->Line("static constexpr polycall_method_descriptor kMethods[] = {");
  {
    const auto indentation = writer->Indented(2);
    for (const model::Method& method : service.methods) {
      writer->Line("{sizeof(polycall_method_descriptor), ", Quoted(method.name), ", ",
                   KindName(method.kind), ",");
      writer->Line(" ", Flags(method), ", ", Timeout(method), ",");
      writer->Line(" ", Quoted(method.request->full_name), ", ", Quoted(method.response->full_name),
                   "},");
    }
  }
  writer->Line("};");
}

void WriteTraits(const model::Service& service, const ServiceNames& names, Writer* writer) {
  for (size_t i = 0; i < service.methods.size(); ++i) {
    const model::Method& method = service.methods[i];
    // A type of its own and no alias, so that symbols and backtraces show its name.
    writer->Line("struct ", names.method(i).traits, " : ::polycall::internal::Method<");
    const auto indentation = writer->Indented(2);
    writer->Line(names.TypeName(*method.request), ", ", Quoted(method.request->full_name), ",");
    writer->Line(names.TypeName(*method.response), ", ", Quoted(method.response->full_name), ",");
    writer->Line(KindName(method.kind), "> {};");
  }
}

}  // namespace

void WriteDescriptor(const model::Service& service, Writer* writer) {
  const ServiceNames names(service);
  writer->Line("inline const polycall_service_descriptor& ", names.service(), "::Descriptor() {");
  {
    const auto indentation = writer->Indented();
    const bool any = !service.methods.empty();
    if (any) WriteMethodTable(service, writer);
    const std::string set =
        "polycall_" + FileIdentifier(service.file->name) + "::kFileDescriptorSet";
    writer->Line("static constexpr polycall_service_descriptor kService = {");
    {
      const auto deeper = writer->Indented(2);
      writer->Line("sizeof(polycall_service_descriptor),");
      writer->Line(Quoted(service.full_name), ",");
      writer->Line(any ? "kMethods," : "nullptr,");
      writer->Line(service.methods.size(), ",");
      writer->Line("sizeof(polycall_method_descriptor),");
      writer->Line(set, ",");
      writer->Line("sizeof(", set, ") - 1,");
      writer->Line("UINT64_C(", Hexadecimal(service.fingerprint), "),");
    }
    writer->Line("};");
    writer->Line("return kService;");
  }
  writer->Line("}");
  writer->Line();
}

void WriteService(const model::Service& service, Writer* writer) {
  const ServiceNames names(service);
  WriteComment(service.comment, writer);
  writer->Line("class ", names.service(), " final {");
  {
    if (!service.methods.empty()) {
      writer->Line(" private:");
      const auto indentation = writer->Indented();
      WriteTraits(service, names, writer);
      writer->Line();
    }
    writer->Line(" public:");
    const auto indentation = writer->Indented();
    writer->Line(names.service(), "() = delete;  // a scope, not an object");
    writer->Line();
    writer->Line("// The service's table, for programs that inspect services.");
    writer->Line("static const polycall_service_descriptor& Descriptor();");
    writer->Line();
    WriteClient(service, names, writer);
    WriteHandlerClasses(service, names, writer);
  }
  writer->Line("};");
  writer->Line();
}

}  // namespace polycall::codegen::cpp
