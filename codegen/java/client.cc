#include "codegen/java/javadoc.h"
#include "codegen/java/service.h"

namespace polycall::codegen::java {
namespace {

using model::Kind;

// One function of a client, in its two forms: without options and with.
struct Function {
  std::string result;     // "AddReply"
  std::string parameter;  // "AddRequest request"; empty: none
  std::string runner;     // "call": the function of ClientMethod
  std::vector<std::string> also;
};

class Methods {
 public:
  explicit Methods(const ClassWriter& to) : to_(to) {}

  void Write(size_t index, const Function& function) {
    const std::string argument = function.parameter.empty()
                                     ? ""
                                     : function.parameter.substr(function.parameter.rfind(' ') + 1);
    const std::string options = to_.imports.Runtime("CallOptions");
    const std::string comma = argument.empty() ? "" : ", ";
    WriteHead(index, function, {});
    {
      const auto body = to_.writer.Indented();
      to_.writer.Line("return ", to_.names.Function(index), "(", argument, comma, options,
                      ".DEFAULT);");
    }
    to_.writer.Line("}");
    WriteHead(index, function, options + " options");
    {
      const auto body = to_.writer.Indented();
      to_.writer.Line("return ", to_.names.Field(index), ".", function.runner, "(", argument, comma,
                      "options);");
    }
    to_.writer.Line("}");
  }

 private:
  void WriteHead(size_t index, const Function& function, const std::string& options) {
    const model::Method& method = to_.service.methods[index];
    to_.writer.Line();
    WriteJavadoc(method.comment, "Calls " + to_.service.full_name + "." + method.name + ".",
                 function.also, method.deprecated, &to_.writer);
    if (method.deprecated) to_.writer.Line("@", to_.imports.Use("java.lang", "Deprecated"));
    std::vector<std::string> parameters;
    if (!function.parameter.empty()) parameters.push_back(function.parameter);
    if (!options.empty()) parameters.push_back(options);
    WriteSignature("public " + function.result + " " + to_.names.Function(index), parameters, " {",
                   &to_.writer);
  }

  const ClassWriter& to_;
};

void WriteMethod(const ClassWriter& to, size_t index, bool async) {
  const model::Method& method = to.service.methods[index];
  const std::string request = to.imports.Message(*method.request);
  const std::string response = to.imports.Message(*method.response);
  const std::string pair = "<" + request + ", " + response + ">";
  Methods methods(to);
  switch (method.kind) {
    case Kind::kUnary:
      if (async) {
        methods.Write(index, {to.imports.Runtime("CallFuture") + "<" + response + ">",
                              request + " request",
                              "start",
                              {}});
      } else {
        methods.Write(index, {response, request + " request", "call", {}});
      }
      break;
    case Kind::kServerStreaming:
      methods.Write(index, {to.imports.Runtime(async ? "AsyncServerStream" : "ServerStream") + "<" +
                                response + ">",
                            request + " request",
                            async ? "asyncServerStream" : "serverStream",
                            {}});
      break;
    case Kind::kClientStreaming:
      if (!async) {
        methods.Write(index, {response,
                              to.imports.Use("java.lang", "Iterable") + "<? extends " + request +
                                  "> requests",
                              "sendAll",
                              {"Sends all requests and waits for the response."}});
      }
      methods.Write(index, {to.imports.Runtime(async ? "AsyncClientStream" : "ClientStream") + pair,
                            "",
                            async ? "asyncClientStream" : "clientStream",
                            {"The caller sends by hand: send, then finish."}});
      break;
    case Kind::kBidiStreaming:
      methods.Write(index, {to.imports.Runtime(async ? "AsyncBidiStream" : "BidiStream") + pair,
                            "",
                            async ? "asyncBidiStream" : "bidiStream",
                            {}});
      break;
  }
}

void WriteClass(const ClassWriter& to, const std::string& name, const std::string& doc,
                bool async) {
  const std::string& descriptor = to.classes.service;
  WriteJavadoc(to.service.comment, doc, {}, to.service.deprecated, &to.writer);
  WriteAnnotations(to);
  to.writer.Line("public final class ", name, " {");
  {
    const auto body = to.writer.Indented();
    for (size_t i = 0; i < to.service.methods.size(); ++i) {
      const model::Method& method = to.service.methods[i];
      to.writer.Line("private final ", to.imports.Runtime("ClientMethod"), "<",
                     to.imports.Message(*method.request), ", ",
                     to.imports.Message(*method.response), "> ", to.names.Field(i), ";");
    }
    if (!to.service.methods.empty()) to.writer.Line();
    WriteJavadoc({}, "A client that calls over {@code channel}, which stays the caller's to close.",
                 {}, false, &to.writer);
    to.writer.Line("public ", name, "(", to.imports.Runtime("Channel"), " channel) {");
    {
      const auto fields = to.writer.Indented();
      for (size_t i = 0; i < to.service.methods.size(); ++i) {
        to.writer.Line(to.names.Field(i), " = channel.method(", descriptor, ".DESCRIPTOR, ", i,
                       ");");
      }
    }
    to.writer.Line("}");
    for (size_t i = 0; i < to.service.methods.size(); ++i) WriteMethod(to, i, async);
  }
  to.writer.Line("}");
}

}  // namespace

void WriteSignature(const std::string& head, const std::vector<std::string>& parameters,
                    const std::string& tail, Writer* writer) {
  std::string line = head + "(";
  for (size_t i = 0; i < parameters.size(); ++i) line += (i == 0 ? "" : ", ") + parameters[i];
  line += ")" + tail;
  if (writer->column() + line.size() <= 100) {
    writer->Line(line);
    return;
  }
  if (parameters.empty()) {  // the type on a line of its own
    const size_t space = head.rfind(' ');
    writer->Line(head.substr(0, space));
    const auto name = writer->Indented(2);
    writer->Line(head.substr(space + 1), "()", tail);
    return;
  }
  writer->Line(head, "(");
  const auto indented = writer->Indented(2);
  for (size_t i = 0; i < parameters.size(); ++i) {
    writer->Line(parameters[i], i + 1 < parameters.size() ? "," : ")" + tail);
  }
}

void WriteAnnotations(const ClassWriter& to) {
  bool messages = false;
  for (const model::Method& method : to.service.methods) {
    messages = messages || method.request->deprecated || method.response->deprecated;
  }
  if (to.service.deprecated) to.writer.Line("@", to.imports.Use("java.lang", "Deprecated"));
  if (messages || to.service.deprecated) {
    to.writer.Line("@", to.imports.Use("java.lang", "SuppressWarnings"), "(\"deprecation\")");
  }
}

void WriteClient(const ClassWriter& to) {
  WriteClass(to, to.classes.client, "Calls " + to.service.full_name + " and waits for the answers.",
             false);
}

void WriteAsyncClient(const ClassWriter& to) {
  WriteClass(to, to.classes.async_client,
             "Calls " + to.service.full_name + "; futures get the answers.", true);
}

}  // namespace polycall::codegen::java
