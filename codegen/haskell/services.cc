#include "codegen/haskell/services.h"

#include "codegen/haskell/text.h"

namespace polycall::codegen::haskell {
namespace {

using model::Kind;

constexpr size_t kWidth = 98;

// Primitive string literals hold any bytes; long ones are broken by gaps.
void WriteBytes(Writer* w, const std::string& name, const std::string& bytes) {
  w->Line();
  w->Line(name, " :: S.Bytes");
  w->Line(name, " = S.bytesAt ", bytes.size());
  const std::string quoted = QuotedBytes(bytes);
  const auto deeper = w->Indented();
  std::string line;
  for (size_t i = 0; i < quoted.size();) {
    // An escape is not cut in two.
    size_t length = 1;
    if (quoted[i] == '\\' && i + 1 < quoted.size()) {
      length = 2;
      while (quoted[i + 1] >= '0' && quoted[i + 1] <= '9' && i + length < quoted.size() &&
             quoted[i + length] >= '0' && quoted[i + length] <= '9') {
        ++length;
      }
    }
    line += quoted.substr(i, length);
    i += length;
    if (line.size() > kWidth - 6 && i + 1 < quoted.size()) {
      w->Line(line, "\\");
      line = "\\";
    }
  }
  w->Line(line, "#");
}

// A record of alternatives: one line each.
void WriteRecord(Writer* w, const std::string& head, const std::vector<std::string>& members) {
  w->Line(head);
  for (size_t i = 0; i < members.size(); ++i) w->Line("  ", i == 0 ? "{ " : ", ", members[i]);
  w->Line("  }");
}

class ServiceWriter {
 public:
  ServiceWriter(Writer* w, const model::Service& service, Names* names)
      : w_(w), service_(service), names_(names), own_(names->Own().Service(service)) {}

  void Write() {
    WriteDescriptor();
    WriteClient();
    for (size_t i = 0; i < service_.methods.size(); ++i) WriteCall(i);
    WriteHandlers();
  }

 private:
  std::string Request(size_t i) const { return names_->Type(*service_.methods[i].request); }
  std::string Response(size_t i) const { return names_->Type(*service_.methods[i].response); }

  void WriteDescriptor() {
    w_->Line();
    w_->Line("-- | What the wire and descriptions know of @", service_.full_name, "@.");
    w_->Line(own_.descriptor, " :: S.ServiceDescriptor");
    w_->Line(own_.descriptor, " = S.ServiceDescriptor");
    const auto deeper = w_->Indented();
    w_->Line("{ S.serviceName = ", QuotedText(service_.full_name));
    w_->Line(", S.serviceFingerprint = ", std::to_string(service_.fingerprint));
    w_->Line(", S.serviceFiles = fileDescriptors");
    w_->Line(", S.serviceMethods =");
    for (size_t i = 0; i < service_.methods.size(); ++i) {
      const model::Method& method = service_.methods[i];
      w_->Line("    ", i == 0 ? "[ " : ", ", "S.MethodDescriptor ", QuotedText(method.name), " ",
               static_cast<int>(method.kind), " ", method.flags(), " ", method.default_timeout_ms);
      w_->Line("        ", QuotedText(method.request->full_name), " ",
               QuotedText(method.response->full_name));
    }
    w_->Line("    ", service_.methods.empty() ? "[]" : "]");
    w_->Line("}");
  }

  void WriteClient() {
    w_->Line();
    w_->Line("-- | A client of @", service_.full_name,
             "@ on one channel. Any number of threads use it.");
    std::vector<std::string> members;
    for (size_t i = 0; i < service_.methods.size(); ++i) {
      members.push_back(own_.members[i] + " :: !(S.Method " + Request(i) + " " + Response(i) + ")");
    }
    if (members.empty()) {
      w_->Line("data ", own_.client, " = ", own_.client);
    } else {
      WriteRecord(w_, "data " + own_.client + " = " + own_.client, members);
    }
    w_->Line();
    w_->Line("-- | A client for as long as the channel lives.");
    w_->Line(own_.new_client, " :: S.Channel -> W.IO ", own_.client);
    if (members.empty()) {
      w_->Line(own_.new_client, " _ = W.return ", own_.client);
      return;
    }
    w_->Line(own_.new_client, " channel = do");
    const auto deeper = w_->Indented();
    std::string made = own_.client;
    w_->Line("methods <- S.resolve channel ", own_.descriptor);
    w_->Line("W.return ", own_.client);
    w_->Line("  { ", own_.members[0], " = S.methodAt methods 0");
    for (size_t i = 1; i < members.size(); ++i) {
      w_->Line("  , ", own_.members[i], " = S.methodAt methods ", i);
    }
    w_->Line("  }");
  }

  // "CalcClient -> S.CallOptions -> AddRequest -> W.IO (S.Either S.Status AddReply)", a part a line.
  void WriteFunction(size_t i, const std::string& name, const std::vector<std::string>& arguments,
                     const std::string& result, const std::string& function,
                     const std::string& also) {
    const model::Method& method = service_.methods[i];
    w_->Line();
    WriteComment(w_, "|", method.comment, method.deprecated,
                 "Calls @" + service_.full_name + "." + method.name + "@.");
    if (!also.empty()) {
      w_->Line("--");
      w_->Line("-- ", also);
    }
    std::string line = name + " :: " + own_.client + " -> S.CallOptions";
    std::vector<std::string> rest = arguments;
    rest.push_back(result);
    std::string one_line = line;
    for (const std::string& part : rest) one_line += " -> " + part;
    if (one_line.size() <= kWidth) {
      w_->Line(one_line);
    } else {
      w_->Line(line);
      for (const std::string& part : rest) w_->Line("  -> ", part);
    }
    w_->Line(name, " client = ", function, " (", own_.members[i], " client)");
  }

  void WriteCall(size_t i) {
    const model::Method& method = service_.methods[i];
    const MethodNames& functions = own_.methods[i];
    const std::string request = Request(i);
    const std::string response = Response(i);
    std::vector<std::string> arguments;
    std::string result;
    std::string function;
    switch (method.kind) {
      case Kind::kUnary:
        arguments = {request};
        result = response;
        function = "S.unary";
        break;
      case Kind::kServerStreaming:
        arguments = {request, "(S.ServerStream " + response + " -> W.IO a)"};
        result = "a";
        function = "S.serverStreaming";
        break;
      case Kind::kClientStreaming:
        arguments = {"(S.ClientStream " + request + " -> W.IO ())"};
        result = response;
        function = "S.clientStreaming";
        break;
      case Kind::kBidiStreaming:
        arguments = {"(S.BidiStream " + request + " " + response + " -> W.IO a)"};
        result = "a";
        function = "S.bidiStreaming";
        break;
    }
    WriteFunction(i, functions.call, arguments, "W.IO (S.Either S.Status " + result + ")", function,
                  "");
    WriteFunction(i, functions.or_throw, arguments, "W.IO " + result, function + "OrThrow",
                  "Throws the 'S.Status' of a call that fails.");
  }

  std::string HandlerType(size_t i) const {
    const std::string request = Request(i);
    const std::string response = Response(i);
    switch (service_.methods[i].kind) {
      case Kind::kUnary:
        return "S.ServerCall -> " + request + " -> W.IO " + response;
      case Kind::kServerStreaming:
        return "S.ServerCall -> " + request + " -> S.Responses " + response + " -> W.IO ()";
      case Kind::kClientStreaming:
        return "S.ServerCall -> S.Requests " + request + " -> W.IO " + response;
      case Kind::kBidiStreaming:
        return "S.ServerCall -> S.Requests " + request + " -> S.Responses " + response +
               " -> W.IO ()";
    }
    return "";
  }

  static const char* HandlerFunction(Kind kind) {
    switch (kind) {
      case Kind::kUnary:
        return "S.unaryHandler";
      case Kind::kServerStreaming:
        return "S.serverStreamingHandler";
      case Kind::kClientStreaming:
        return "S.clientStreamingHandler";
      case Kind::kBidiStreaming:
        return "S.bidiStreamingHandler";
    }
    return "";
  }

  void WriteHandlers() {
    w_->Line();
    WriteComment(w_, "|", service_.comment, service_.deprecated,
                 "Handlers of @" + service_.full_name + "@.");
    w_->Line("--");
    w_->Line("-- Start from '", own_.defaults,
             "', in which each answers UNIMPLEMENTED. Handlers run on");
    w_->Line(
        "-- threads of the runtime's, any number at once; a 'S.Status' that one throws is the "
        "call's.");
    const size_t count = service_.methods.size();
    if (count == 0) {
      w_->Line("data ", own_.handlers, " = ", own_.handlers);
    } else {
      w_->Line("data ", own_.handlers, " = ", own_.handlers);
      const auto deeper = w_->Indented();
      for (size_t i = 0; i < count; ++i) {
        w_->Line(i == 0 ? "{ " : ", ", own_.methods[i].handler, " :: !(", HandlerType(i), ")");
        const auto comment = w_->Indented(2);
        WriteComment(w_, "^", service_.methods[i].comment, service_.methods[i].deprecated);
      }
      w_->Line("}");
    }
    w_->Line();
    w_->Line("-- | Handlers that answer UNIMPLEMENTED.");
    w_->Line(own_.defaults, " :: ", own_.handlers);
    if (count == 0) {
      w_->Line(own_.defaults, " = ", own_.handlers);
    } else {
      std::vector<std::string> members;
      for (size_t i = 0; i < count; ++i) {
        const Kind kind = service_.methods[i].kind;
        const char* arity = kind == Kind::kBidiStreaming || kind == Kind::kServerStreaming
                                ? "S.unimplemented3 "
                                : "S.unimplemented2 ";
        members.push_back(own_.methods[i].handler + " = " + arity +
                          QuotedText(service_.full_name + "/" + service_.methods[i].name));
      }
      WriteRecord(w_, own_.defaults + " = " + own_.handlers, members);
    }
    w_->Line();
    w_->Line("-- | The service, to be added to a server.");
    w_->Line(own_.serve, " :: ", own_.handlers, " -> S.Service");
    w_->Line(own_.serve, count == 0 ? " _" : " handlers", " = S.Service ", own_.descriptor);
    const auto deeper = w_->Indented();
    for (size_t i = 0; i < count; ++i) {
      w_->Line(i == 0 ? "[ " : ", ", HandlerFunction(service_.methods[i].kind), " (",
               own_.methods[i].handler, " handlers)");
    }
    w_->Line(count == 0 ? "[]" : "]");
  }

  Writer* const w_;
  const model::Service& service_;
  Names* const names_;
  const ServiceNames& own_;
};

}  // namespace

std::vector<std::string> ServiceExports(const model::File& file, Names* names) {
  std::vector<std::string> exports;
  for (const auto& service : file.services) {
    const ServiceNames& own = names->Own().Service(*service);
    exports.push_back(own.client + " (..)");
    exports.push_back(own.new_client);
    for (const MethodNames& functions : own.methods) {
      exports.push_back(functions.call);
      exports.push_back(functions.or_throw);
    }
    exports.push_back(own.handlers + " (..)");
    exports.push_back(own.defaults);
    exports.push_back(own.serve);
    exports.push_back(own.descriptor);
  }
  return exports;
}

void WriteServices(Writer* w, const model::File& file, Names* names) {
  if (file.services.empty()) return;
  for (const auto& service : file.services) ServiceWriter(w, *service, names).Write();
  WriteBytes(w, "fileDescriptors", file.descriptor_set);
}

}  // namespace polycall::codegen::haskell
