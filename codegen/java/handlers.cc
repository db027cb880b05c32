#include <cstdio>

#include "codegen/java/javadoc.h"
#include "codegen/java/service.h"
#include "codegen/model/names.h"

namespace polycall::codegen::java {
namespace {

using model::Kind;

std::string KindName(Kind kind) {
  switch (kind) {
    case Kind::kUnary:
      return "UNARY";
    case Kind::kClientStreaming:
      return "CLIENT_STREAMING";
    case Kind::kServerStreaming:
      return "SERVER_STREAMING";
    case Kind::kBidiStreaming:
      return "BIDI_STREAMING";
  }
  return "";
}

// The function of ServiceDefinition that adds a handler.
std::string Adder(Kind kind, bool async) {
  switch (kind) {
    case Kind::kUnary:
      return async ? "asyncUnary" : "unary";
    case Kind::kClientStreaming:
      return async ? "asyncClientStreaming" : "clientStreaming";
    case Kind::kServerStreaming:
      return async ? "asyncServerStreaming" : "serverStreaming";
    case Kind::kBidiStreaming:
      return async ? "asyncBidiStreaming" : "bidiStreaming";
  }
  return "";
}

void WriteMethodDescriptor(const ClassWriter& to, const model::Method& method, bool last) {
  to.writer.Line(to.imports.Runtime("MethodDescriptor"), ".of(");
  std::string end = ")";
  std::vector<std::string> flags;
  const std::string descriptor = to.imports.Runtime("MethodDescriptor");
  if (method.idempotent) flags.push_back(descriptor + ".IDEMPOTENT");
  if (method.is_inline) flags.push_back(descriptor + ".INLINE");
  if (method.blocking) flags.push_back(descriptor + ".BLOCKING");
  std::vector<std::string> calls;
  if (!flags.empty()) calls.push_back(".withFlags(" + Join(flags, " | ") + ")");
  if (method.default_timeout_ms != 0) {
    calls.push_back(".withTimeoutMillis(" + std::to_string(method.default_timeout_ms) + ")");
  }
  const std::string comma = last ? ");" : ",";
  if (calls.empty()) end += comma;
  const auto indented = to.writer.Indented(2);
  to.writer.Line("\"", method.name, "\",");
  to.writer.Line(to.imports.Runtime("MethodKind"), ".", KindName(method.kind), ",");
  to.writer.Line(to.imports.Message(*method.request), ".getDefaultInstance(),");
  to.writer.Line(to.imports.Message(*method.response), ".getDefaultInstance()", end);
  for (size_t i = 0; i < calls.size(); ++i) {
    to.writer.Line(calls[i], i + 1 == calls.size() ? comma : "");
  }
}

void WriteDescriptor(const ClassWriter& to) {
  char fingerprint[24];
  std::snprintf(fingerprint, sizeof(fingerprint), "0x%016llxL",
                static_cast<unsigned long long>(to.service.fingerprint));
  const std::string type = to.imports.Runtime("ServiceDescriptor");
  WriteJavadoc({}, "The service and its methods.", {}, false, &to.writer);
  to.writer.Line("public static final ", type, " DESCRIPTOR =");
  const auto indented = to.writer.Indented(2);
  to.writer.Line(type, ".of(");
  const auto arguments = to.writer.Indented(2);
  to.writer.Line("\"", to.service.full_name, "\",");
  to.writer.Line(fingerprint, ",");
  to.writer.Line(to.imports.outer_class(), "::getDescriptor",
                 to.service.methods.empty() ? ");" : ",");
  for (size_t i = 0; i < to.service.methods.size(); ++i) {
    WriteMethodDescriptor(to, to.service.methods[i], i + 1 == to.service.methods.size());
  }
}

void WriteHandler(const ClassWriter& to, size_t index, bool async) {
  const model::Method& method = to.service.methods[index];
  const std::string request = to.imports.Message(*method.request);
  const std::string response = to.imports.Message(*method.response);
  const auto stage = [&](const std::string& of) {
    return to.imports.Use("java.util.concurrent", "CompletionStage") + "<" + of + ">";
  };
  std::vector<std::string> parameters;
  if (method.client_streams()) {
    parameters.push_back(to.imports.Runtime(async ? "AsyncRequests" : "Requests") + "<" + request +
                         "> requests");
  } else {
    parameters.push_back(request + " request");
  }
  std::string result = async ? stage(response) : response;
  if (method.server_streams()) {
    parameters.push_back(to.imports.Runtime(async ? "AsyncResponses" : "Responses") + "<" +
                         response + "> responses");
    result = async ? stage(to.imports.Use("java.lang", "Void")) : "void";
  }
  parameters.push_back(to.imports.Runtime("ServerContext") + " context");
  WriteJavadoc(method.comment, "Serves " + to.service.full_name + "." + method.name + ".", {},
               method.deprecated, &to.writer);
  if (method.deprecated) to.writer.Line("@", to.imports.Use("java.lang", "Deprecated"));
  WriteSignature("public " + result + " " + to.names.Function(index), parameters,
                 " throws " + to.imports.Use("java.lang", "Exception") + " {", &to.writer);
  {
    const auto body = to.writer.Indented();
    const std::string owner = async ? to.classes.service + "." : "";
    to.writer.Line("throw ", to.imports.Runtime("ServiceDefinition"), ".unimplemented(", owner,
                   "DESCRIPTOR, \"", method.name, "\");");
  }
  to.writer.Line("}");
}

void WriteBase(const ClassWriter& to, const std::string& name, bool async) {
  WriteJavadoc(
      to.service.comment, "Serves " + to.service.full_name + ".",
      async
          ? std::vector<
                std::string>{"Handlers return stages, which end their calls, and do not block.",
                             "Override them; one that is not ends UNIMPLEMENTED."}
          : std::vector<
                std::string>{"Handlers run on the runtime's threads, many at once, and may block.",
                             "Override them; one that is not ends UNIMPLEMENTED."},
      to.service.deprecated, &to.writer);
  WriteAnnotations(to);
  to.writer.Line("public abstract class ", name, " implements ", to.imports.Runtime("Service"),
                 " {");
  {
    const auto body = to.writer.Indented();
    if (!async) WriteDescriptor(to);
    for (size_t i = 0; i < to.service.methods.size(); ++i) {
      if (!async || i > 0) to.writer.Line();
      WriteHandler(to, i, async);
    }
    if (!async || !to.service.methods.empty()) to.writer.Line();
    const std::string definition = to.imports.Runtime("ServiceDefinition");
    const std::string owner = async ? to.classes.service + "." : "";
    to.writer.Line("@", to.imports.Use("java.lang", "Override"));
    to.writer.Line("public final ", definition, " polycallDefinition() {");
    {
      const auto inner = to.writer.Indented();
      const bool none = to.service.methods.empty();
      to.writer.Line("return ", definition, ".of(", owner, "DESCRIPTOR)", none ? ";" : "");
      const auto chain = to.writer.Indented(2);
      for (size_t i = 0; i < to.service.methods.size(); ++i) {
        to.writer.Line(".", Adder(to.service.methods[i].kind, async),
                       "(this::", to.names.Function(i), ")",
                       i + 1 == to.service.methods.size() ? ";" : "");
      }
    }
    to.writer.Line("}");
  }
  to.writer.Line("}");
}

}  // namespace

void WriteService(const ClassWriter& to) { WriteBase(to, to.classes.service, false); }

void WriteAsyncService(const ClassWriter& to) { WriteBase(to, to.classes.async_service, true); }

}  // namespace polycall::codegen::java
