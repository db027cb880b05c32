// polycall describe TARGET [SYMBOL]
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cctype>
#include <set>

#include "channel.h"
#include "command.h"
#include "descriptors.h"
#include "json_message.h"
#include "json_text.h"
#include "output.h"
#include "suggestion.h"

namespace polycall::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// protobuf writes ".calc.v1.Number" where people write "calc.v1.Number". Comments stay as they are.
std::string WithoutLeadingDots(const std::string& text) {
  std::string out;
  bool comment = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') comment = false;
    if (text.compare(i, 2, "//") == 0) comment = true;
    const bool begins_name = i > 0 && i + 1 < text.size() && text[i] == '.' &&
                             std::string_view(" (<").find(text[i - 1]) != std::string_view::npos &&
                             isalpha(static_cast<unsigned char>(text[i + 1])) != 0;
    if (comment || !begins_name) out += text[i];
  }
  return out;
}

template <typename T>
std::string ProtoText(const T& descriptor) {
  google::protobuf::DebugStringOptions options;
  options.include_comments = true;
  std::string text = descriptor.DebugStringWithOptions(options);
  while (text.ends_with('\n')) text.pop_back();
  return WithoutLeadingDots(text);
}

template <typename Proto, typename T>
std::string ProtoJson(const T& descriptor) {
  Proto proto;
  descriptor.CopyTo(&proto);
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(proto, &json);
  return status.ok() ? json : "{}";
}

// What was found under a name.
struct Symbol {
  const ServiceDescriptor* service = nullptr;
  const MethodDescriptor* method = nullptr;
  const Descriptor* message = nullptr;
  const EnumDescriptor* enumeration = nullptr;
};

Symbol FindSymbol(const DescriptorPool& pool, std::string name) {
  if (const size_t slash = name.find('/'); slash != std::string::npos) name[slash] = '.';
  if (name.starts_with('.')) name.erase(0, 1);
  Symbol symbol;
  symbol.service = pool.FindServiceByName(name);
  symbol.method = pool.FindMethodByName(name);
  symbol.message = pool.FindMessageTypeByName(name);
  symbol.enumeration = pool.FindEnumTypeByName(name);
  return symbol;
}

// All names of the services' files, for suggestions.
class Names {
 public:
  void AddFile(const FileDescriptor* file) {
    if (!files_.insert(file).second) return;
    for (int i = 0; i < file->service_count(); ++i) {
      const ServiceDescriptor* service = file->service(i);
      names_.push_back(service->full_name());
      for (int j = 0; j < service->method_count(); ++j) {
        names_.push_back(service->full_name() + "/" + service->method(j)->name());
      }
    }
    for (int i = 0; i < file->message_type_count(); ++i) AddMessage(file->message_type(i));
    for (int i = 0; i < file->enum_type_count(); ++i) {
      names_.push_back(file->enum_type(i)->full_name());
    }
    for (int i = 0; i < file->dependency_count(); ++i) AddFile(file->dependency(i));
  }

  const std::vector<std::string>& names() const { return names_; }

 private:
  void AddMessage(const Descriptor* message) {
    names_.push_back(message->full_name());
    for (int i = 0; i < message->nested_type_count(); ++i) AddMessage(message->nested_type(i));
    for (int i = 0; i < message->enum_type_count(); ++i) {
      names_.push_back(message->enum_type(i)->full_name());
    }
  }

  std::set<const FileDescriptor*> files_;
  std::vector<std::string> names_;
};

void DescribeMethod(const MethodDescriptor& method, const Options& options) {
  PrintLine(ProtoText(method));
  PrintLine("\n" + ProtoText(*method.input_type()));
  if (method.output_type() != method.input_type()) {
    PrintLine("\n" + ProtoText(*method.output_type()));
  }
  PrintLine("\n" + options.out.Faint("# To call it:"));
  PrintLine("polycall call " + options.target + " " + method.service()->full_name() + "/" +
            method.name() + " '" + JsonTemplate(*method.input_type()) + "'");
}

void DescribeForPeople(const Symbol& symbol, const Options& options) {
  if (symbol.method != nullptr) return DescribeMethod(*symbol.method, options);
  if (symbol.service != nullptr) return PrintLine(ProtoText(*symbol.service));
  if (symbol.enumeration != nullptr) return PrintLine(ProtoText(*symbol.enumeration));
  PrintLine(ProtoText(*symbol.message));
  PrintLine("\n" + options.out.Faint("# As JSON:") + "\n" + JsonTemplate(*symbol.message));
}

void DescribeAsJson(const Symbol& symbol) {
  using namespace google::protobuf;
  std::string kind, name, json, more;
  if (symbol.method != nullptr) {
    kind = "method";
    name = symbol.method->full_name();
    json = ProtoJson<MethodDescriptorProto>(*symbol.method);
    more = ",\"request_type\":" + ProtoJson<DescriptorProto>(*symbol.method->input_type()) +
           ",\"response_type\":" + ProtoJson<DescriptorProto>(*symbol.method->output_type());
  } else if (symbol.service != nullptr) {
    kind = "service";
    name = symbol.service->full_name();
    json = ProtoJson<ServiceDescriptorProto>(*symbol.service);
  } else if (symbol.enumeration != nullptr) {
    kind = "enum";
    name = symbol.enumeration->full_name();
    json = ProtoJson<EnumDescriptorProto>(*symbol.enumeration);
  } else {
    kind = "message";
    name = symbol.message->full_name();
    json = ProtoJson<DescriptorProto>(*symbol.message);
  }
  PrintLine("{\"kind\":\"" + kind + "\",\"name\":" + JsonQuote(name) + ",\"descriptor\":" + json +
            more + "}");
}

void RunDescribe(const Options& options, const std::string& name) {
  const Channel channel(options);
  const auto descriptors = LoadDescriptors(options, channel);
  if (!name.empty()) {
    const Symbol symbol = FindSymbol(descriptors->pool(), name);
    if (symbol.service == nullptr && symbol.method == nullptr && symbol.message == nullptr &&
        symbol.enumeration == nullptr) {
      Names names;
      for (const ServiceEntry& service : descriptors->services()) {
        if (service.descriptor != nullptr) names.AddFile(service.descriptor->file());
      }
      throw Failure(ExitCode::kBadInput, "no service, method, message or enum " + name + " in " +
                                             descriptors->source() +
                                             Suggestion(name, names.names()));
    }
    return options.json ? DescribeAsJson(symbol) : DescribeForPeople(symbol, options);
  }
  bool first = true;
  for (const ServiceEntry& service : descriptors->services()) {
    if (service.descriptor == nullptr) continue;
    if (options.json) {
      DescribeAsJson({service.descriptor, nullptr, nullptr, nullptr});
      continue;
    }
    if (!first) PrintLine("");
    first = false;
    PrintLine(options.out.Faint("// " + service.descriptor->file()->name()));
    PrintLine(ProtoText(*service.descriptor));
  }
}

}  // namespace

void AddDescribeCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command = app->add_subcommand(
      "describe", "Show a service, method, message or enum as its .proto has it");
  auto name = std::make_shared<std::string>();
  AddTarget(command, options);
  command->add_option("SYMBOL", *name,
                      "pkg.Service, pkg.Service/Method, pkg.Message or pkg.Enum; none shows all "
                      "services");
  AddTimeout(command, options, "How long to wait for the server (default: 10s)");
  AddDescriptorSource(command, options);
  AddJson(command, options, "One JSON object per symbol: {\"kind\", \"name\", \"descriptor\"}");
  command->callback([=] { *run = [=] { RunDescribe(*options, *name); }; });
}

}  // namespace polycall::cli
