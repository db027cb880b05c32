#include <cstdio>
#include <string>

#include "codegen/model/names.h"
#include "codegen/python/docstring.h"
#include "codegen/python/service.h"

namespace polycall::codegen::python {
namespace {

std::string KindName(model::Kind kind) {
  switch (kind) {
    case model::Kind::kUnary:
      return "polycall.UNARY";
    case model::Kind::kClientStreaming:
      return "polycall.CLIENT_STREAMING";
    case model::Kind::kServerStreaming:
      return "polycall.SERVER_STREAMING";
    case model::Kind::kBidiStreaming:
      return "polycall.BIDI_STREAMING";
  }
  return "";
}

std::string Flags(const model::Method& method) {
  std::vector<std::string> flags;
  if (method.idempotent) flags.push_back("polycall.MethodFlags.IDEMPOTENT");
  if (method.is_inline) flags.push_back("polycall.MethodFlags.INLINE");
  if (method.blocking) flags.push_back("polycall.MethodFlags.BLOCKING");
  return Join(flags, " | ");
}

// Milliseconds as a Python float of seconds: 1500 -> "1.5".
std::string Seconds(uint32_t milliseconds) {
  std::string text = std::to_string(milliseconds / 1000) + "." +
                     std::to_string(1000 + milliseconds % 1000).substr(1);
  while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
  return text;
}

std::string Hex(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%016llx", static_cast<unsigned long long>(number));
  return text;
}

void WriteHandler(const model::Service& service, size_t index, const std::string& function,
                  const ModuleNames& names, bool async, Writer* writer) {
  const model::Method& method = service.methods[index];
  const std::string many = async ? "typing.AsyncIterator[" : "typing.Iterator[";
  const std::string request = names.MessageName(*method.request);
  const std::string response = names.MessageName(*method.response);
  writer->Line();
  writer->Line(async ? "async def " : "def ", function, "(");
  {
    const auto indented = writer->Indented();
    writer->Line("self,");
    if (method.client_streams()) {
      writer->Line("requests: ", async ? "polycall.AsyncRequests" : many + request + "]", ",");
    } else {
      writer->Line("request: ", request, ",");
    }
    writer->Line("context: polycall.Context,");
  }
  const std::string responses = async ? "typing.AsyncIterator[" : "typing.Iterable[";
  writer->Line(") -> ", method.server_streams() ? responses + response + "]" : response, ":");
  const auto indented = writer->Indented();
  std::vector<std::string> also;
  if (method.deprecated) also.push_back("Deprecated.");
  WriteDocstring(method.comment, "Serves " + service.full_name + "." + method.name + ".", also,
                 writer);
  const std::string& descriptor = names.service(service).descriptor;
  writer->Line("raise stubs.unimplemented(", descriptor, ", \"", method.name, "\")");
  if (async && method.server_streams()) {
    writer->Line("yield  # makes this an asynchronous generator");
  }
}

void WriteMethodDescriptor(const model::Method& method, const std::string& function,
                           const ModuleNames& names, Writer* writer) {
  writer->Line("polycall.MethodDescriptor(");
  {
    const auto fields = writer->Indented();
    writer->Line("\"", method.name, "\",");
    writer->Line(KindName(method.kind), ",");
    writer->Line(names.MessageName(*method.request), ",");
    writer->Line(names.MessageName(*method.response), ",");
    writer->Line("handler=\"", function, "\",");
    if (const std::string flags = Flags(method); !flags.empty()) {
      writer->Line("flags=", flags, ",");
    }
    if (method.default_timeout_ms != 0) {
      writer->Line("timeout=", Seconds(method.default_timeout_ms), ",");
    }
  }
  writer->Line("),");
}

void WriteBase(const model::Service& service, const ModuleNames& names, bool async,
               Writer* writer) {
  const ModuleNames::Service& own = names.service(service);
  const ServiceNames functions(service);
  writer->Line();
  writer->Line();
  writer->Line("class ", async ? own.async_service : own.service, "(polycall.Service):");
  const auto indented = writer->Indented();
  WriteDocstring(
      service.comment, "Serves " + service.full_name + ".",
      {async ? "Handlers are coroutines (of response streams: asynchronous generators) on"
             : "Handlers run on the runtime's threads and may block. Override them; one",
       async ? "an asyncio loop. Override them; one that is not ends UNIMPLEMENTED."
             : "that is not ends UNIMPLEMENTED."},
      writer);
  writer->Line();
  writer->Line("polycall_service = ", own.descriptor);
  for (size_t i = 0; i < service.methods.size(); ++i) {
    WriteHandler(service, i, functions.Function(i), names, async, writer);
  }
}

}  // namespace

void WriteDescriptor(const model::Service& service, const ModuleNames& names, Writer* writer) {
  const ServiceNames functions(service);
  writer->Line();
  writer->Line(names.service(service).descriptor, " = polycall.ServiceDescriptor(");
  {
    const auto indented = writer->Indented();
    writer->Line("\"", service.full_name, "\",");
    writer->Line(service.methods.empty() ? "()," : "(");
    for (size_t i = 0; i < service.methods.size(); ++i) {
      const auto methods = writer->Indented();
      WriteMethodDescriptor(service.methods[i], functions.Function(i), names, writer);
    }
    if (!service.methods.empty()) writer->Line("),");
    writer->Line("file=", names.Module(*service.file), ".DESCRIPTOR,");
    writer->Line("fingerprint=", Hex(service.fingerprint), ",");
  }
  writer->Line(")");
}

void WriteService(const model::Service& service, const ModuleNames& names, Writer* writer) {
  WriteBase(service, names, false, writer);
}

void WriteAsyncService(const model::Service& service, const ModuleNames& names, Writer* writer) {
  WriteBase(service, names, true, writer);
}

}  // namespace polycall::codegen::python
