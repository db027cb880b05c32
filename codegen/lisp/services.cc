#include "codegen/lisp/services.h"

#include <cstdio>

#include "codegen/lisp/text.h"

namespace polycall::codegen::lisp {
namespace {

const char* KindName(model::Kind kind) {
  switch (kind) {
    case model::Kind::kUnary:
      return ":unary";
    case model::Kind::kClientStreaming:
      return ":client-streaming";
    case model::Kind::kServerStreaming:
      return ":server-streaming";
    case model::Kind::kBidiStreaming:
      return ":bidi-streaming";
  }
  return "";
}

std::string Hexadecimal(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "#x%016llx", static_cast<unsigned long long>(number));
  return text;
}

void WriteMethod(const model::Method& method, const FileNames::ServiceNames::Method& names,
                 const Types& types, const std::string& tail, Writer* writer) {
  std::string form = "(" + names.handler + " " + Quoted(method.name) + " " + KindName(method.kind) +
                     " " + types.Message(*method.request) + " " + types.Message(*method.response);
  writer->Line(form);
  const auto indented = writer->Indented(2);
  std::string options = ":client " + names.function;
  if (!names.extra.empty()) {
    options += method.kind == model::Kind::kUnary ? " :future " : " :stream ";
    options += names.extra;
  }
  if (method.flags() != 0) options += " :flags " + std::to_string(method.flags());
  if (method.default_timeout_ms != 0) {
    options += " :timeout-ms " + std::to_string(method.default_timeout_ms);
  }
  std::vector<std::string> doc = DocLines(method.comment);
  if (method.deprecated) {
    if (!doc.empty()) doc.emplace_back();
    doc.emplace_back("Deprecated.");
  }
  if (doc.empty()) {
    writer->Line(options, ")", tail);
    return;
  }
  writer->Line(options);
  WriteString(":doc ", doc, ")" + tail, writer);
}

}  // namespace

void WriteService(const model::Service& service, const Types& types, Writer* writer) {
  const FileNames::ServiceNames& names = types.own().Of(service);
  writer->Line();
  std::vector<std::string> doc = DocLines(service.comment);
  if (service.deprecated) {
    if (!doc.empty()) doc.emplace_back();
    doc.emplace_back("Deprecated.");
  }
  writer->Line("(polycall:define-service ", names.name);
  const auto indented = writer->Indented(2);
  {
    const auto options = writer->Indented(2);
    writer->Line("(:name ", Quoted(service.full_name));
    writer->Line(" :client ", names.client, " :constructor ", names.constructor, " :service ",
                 names.service);
    writer->Line(" :fingerprint ", Hexadecimal(service.fingerprint), " :descriptors %descriptors%)",
                 doc.empty() && service.methods.empty() ? ")" : "");
  }
  if (!doc.empty()) WriteString("", doc, service.methods.empty() ? ")" : "", writer);
  for (size_t i = 0; i < service.methods.size(); ++i) {
    WriteMethod(service.methods[i], names.methods[i], types,
                i + 1 == service.methods.size() ? ")" : "", writer);
  }
}

void WriteDescriptorSet(const model::File& file, Writer* writer) {
  writer->Line();
  writer->Line(";;; What a server's description says of this file.");
  writer->Line("(polycall:define-descriptors %descriptors%");
  const auto indented = writer->Indented(2);
  WriteString("", Base64Lines(file.descriptor_set), ")", writer);
}

}  // namespace polycall::codegen::lisp
