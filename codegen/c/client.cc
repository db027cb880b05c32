// The functions of a typed client.
#include "codegen/c/services.h"
#include "codegen/c/text.h"

namespace polycall::codegen::c {
namespace {

using model::Kind;

// The function that calls a callback of the program's with its true type.
void DefineInvokeReply(Writer* w, const MethodParts& m) {
  w->Line();
  WriteList(
      w, "static void " + m.client + "_invoke(",
      {"polycall_any_fn fn", "void* arg", "const polycall_status* status", "const void* reply"},
      ") {");
  w->Line("  ((", m.client, "_done_fn)fn)(arg, status, reply);");
  w->Line("}");
}

void DefineUnary(Writer* w, const MethodParts& m) {
  const std::string client = "const " + m.service + "_client* client";
  const std::string request = "const " + m.request + "* request";
  const std::string options = "const polycall_call_options* options";
  const std::string method = "client->methods[" + std::to_string(m.index) + "]";
  w->Line();
  WriteList(w, "polycall_code " + m.client + "(",
            {client, request, "polycall_arena* arena", m.response + "* reply", options,
             "polycall_status* status"},
            ") {");
  {
    const auto deeper = w->Indented();
    WriteList(w, "return polycall_typed_call(",
              {"client->channel", method, "&" + m.request + "_type", "request",
               "&" + m.response + "_type", "reply", "arena", "options", "status"},
              ");");
  }
  w->Line("}");
  w->Line();
  WriteList(
      w, "polycall_code " + m.client + "_unary(",
      {client, request, "polycall_arena* arena", m.response + "* reply", "polycall_unary* unary"},
      ") {");
  w->Line("  unary->method = ", method, ";");
  {
    const auto deeper = w->Indented();
    WriteList(w, "return polycall_typed_unary(",
              {"client->channel", "unary", "&" + m.request + "_type", "request",
               "&" + m.response + "_type", "reply", "arena"},
              ");");
  }
  w->Line("}");
  DefineInvokeReply(w, m);
  w->Line();
  WriteList(
      w, "void " + m.client + "_async(",
      {client, request, options, m.client + "_done_fn done", "void* arg", "polycall_call** call"},
      ") {");
  {
    const auto deeper = w->Indented();
    WriteList(w, "polycall_typed_unary_async(",
              {"client->channel", method, "&" + m.request + "_type", "request",
               "&" + m.response + "_type", "options", m.client + "_invoke", "(polycall_any_fn)done",
               "arg", "call"},
              ");");
  }
  w->Line("}");
}

void DefineStart(Writer* w, const MethodParts& m) {
  const bool sends_one = m.method->kind == Kind::kServerStreaming;
  std::vector<std::string> parameters = {"const " + m.service + "_client* client"};
  if (sends_one) parameters.push_back("const " + m.request + "* request");
  parameters.push_back("const polycall_call_options* options");
  w->Line();
  WriteList(w, "polycall_call* " + m.client + "_start(", parameters, ") {");
  {
    const auto deeper = w->Indented();
    WriteList(w,
              sends_one ? "polycall_call* const call = polycall_typed_start("
                        : "return polycall_typed_start(",
              {"client->channel", "client->methods[" + std::to_string(m.index) + "]",
               "&" + m.response + "_type", "options"},
              ");");
    if (sends_one) {
      w->Line("/* If this fails, so has the call, whose status finish gives. */");
      WriteList(w, "polycall_typed_send(",
                {"call", "&" + m.request + "_type", "request", "POLYCALL_SEND_HALF_CLOSE", "NULL"},
                ");");
      w->Line("return call;");
    }
  }
  w->Line("}");
}

void DefineFinish(Writer* w, const MethodParts& m) {
  w->Line();
  if (m.method->server_streams()) {
    WriteList(w, "polycall_code " + m.client + "_finish(",
              {"polycall_call* call", "polycall_status* status"}, ") {");
    w->Line("  return polycall_typed_finish(call, status);");
  } else {
    WriteList(w, "polycall_code " + m.client + "_finish(",
              {"polycall_call* call", "polycall_arena* arena", m.response + "* reply",
               "polycall_status* status"},
              ") {");
    const auto deeper = w->Indented();
    WriteList(w, "return polycall_typed_finish_with_reply(",
              {"call", "&" + m.response + "_type", "reply", "arena", "status"}, ");");
  }
  w->Line("}");
}

}  // namespace

void DefineSend(Writer* w, const std::string& prefix, const std::string& message) {
  w->Line();
  WriteList(w, "polycall_code " + prefix + "_send(",
            {"polycall_call* call", "const " + message + "* message", "uint32_t flags",
             "polycall_status* status"},
            ") {");
  w->Line("  return polycall_typed_send(call, &", message, "_type, message, flags, status);");
  w->Line("}");
  w->Line();
  WriteList(w, "void " + prefix + "_send_async(",
            {"polycall_call* call", "const " + message + "* message", "uint32_t flags",
             "polycall_done_fn done", "void* arg"},
            ") {");
  w->Line("  polycall_typed_send_async(call, &", message, "_type, message, flags, done, arg);");
  w->Line("}");
}

void DefineReceive(Writer* w, const std::string& prefix, const std::string& message,
                   const std::string& failure) {
  w->Line();
  WriteList(w, "int " + prefix + "_receive(",
            {"polycall_call* call", "polycall_arena* arena", message + "* message"}, ") {");
  {
    const auto deeper = w->Indented();
    WriteList(w, "return polycall_typed_receive(",
              {"call", "&" + message + "_type", "message", "arena", failure}, ");");
  }
  w->Line("}");
  w->Line();
  WriteList(w, "static void " + prefix + "_receive_invoke(",
            {"polycall_any_fn fn", "void* arg", "const void* message"}, ") {");
  w->Line("  ((", prefix, "_receive_fn)fn)(arg, message);");
  w->Line("}");
  w->Line();
  WriteList(w, "void " + prefix + "_receive_async(",
            {"polycall_call* call", prefix + "_receive_fn received", "void* arg"}, ") {");
  {
    const auto deeper = w->Indented();
    WriteList(w, "polycall_typed_receive_async(",
              {"call", "&" + message + "_type", failure, prefix + "_receive_invoke",
               "(polycall_any_fn)received", "arg"},
              ");");
  }
  w->Line("}");
}

void DefineClient(Writer* w, const model::Service& service, Names* names) {
  const std::string& type = names->Of(*service.file).Type(service);
  const std::vector<MethodParts> methods = Methods(service, names);
  w->Line();
  WriteList(w, "void " + type + "_client_init(",
            {type + "_client* client", "polycall_channel* channel"}, ") {");
  w->Line("  client->channel = channel;");
  if (methods.empty()) {
    w->Line("  client->methods[0] = NULL;");
  } else {
    w->Line("  for (size_t i = 0; i < ", methods.size(), "; ++i) {");
    {
      const auto deeper = w->Indented(2);
      WriteList(w, "client->methods[i] = polycall_channel_method(",
                {"channel", type + "_service.name", "&" + type + "_methods[i]"}, ");");
    }
    w->Line("  }");
  }
  w->Line("}");
  for (const MethodParts& m : methods) {
    if (m.method->kind == Kind::kUnary) {
      DefineUnary(w, m);
      continue;
    }
    DefineStart(w, m);
    if (m.method->client_streams()) {
      DefineSend(w, m.client, m.request);
      w->Line();
      w->Line("polycall_code ", m.client, "_half_close(polycall_call* call) {");
      w->Line("  return polycall_call_half_close(call);");
      w->Line("}");
    }
    if (m.method->server_streams()) {
      DefineReceive(w, m.client, m.response, "POLYCALL_INTERNAL");
    }
    DefineFinish(w, m);
  }
}

}  // namespace polycall::codegen::c
