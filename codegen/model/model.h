// The model: what a .proto file says, in plain structs that know nothing of any language.
//
// Emitters read the model and nothing else: no emitter sees a protobuf descriptor. All pointers are
// borrowed from the Model that made them and never null unless their comment says so; the model does
// not change after BuildModel returned it, so that any number of threads may read it.
#ifndef POLYCALL_CODEGEN_MODEL_MODEL_H_
#define POLYCALL_CODEGEN_MODEL_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace polycall::codegen::model {

struct Enum;
struct File;
struct Message;

// What the author wrote beside an element, one entry for each line, without comment marks and
// without the one space that follows them.
struct Comment {
  std::vector<std::string> lines;  // leading, or else trailing; may be empty
  bool empty() const { return lines.empty(); }
};

enum class Syntax { kProto2, kProto3 };

// protobuf's field types, with the numbers of FieldDescriptorProto.Type.
enum class FieldType {
  kDouble = 1,
  kFloat = 2,
  kInt64 = 3,
  kUint64 = 4,
  kInt32 = 5,
  kFixed64 = 6,
  kFixed32 = 7,
  kBool = 8,
  kString = 9,
  kGroup = 10,
  kMessage = 11,
  kBytes = 12,
  kUint32 = 13,
  kEnum = 14,
  kSfixed32 = 15,
  kSfixed64 = 16,
  kSint32 = 17,
  kSint64 = 18,
};

// How many values a field has, and whether it can tell "absent" from "default".
enum class Presence {
  kImplicit,  // proto3 scalar: absent and default are the same
  kExplicit,  // optional, a message, a member of a oneof: has_x is known
  kRequired,  // proto2 `required`
  kRepeated,  // list or map
};

struct Oneof;

struct Field {
  std::string name;       // "account_id", as written
  std::string json_name;  // "accountId"
  int32_t number = 0;
  FieldType type = FieldType::kInt32;
  Presence presence = Presence::kImplicit;
  bool packed = false;  // repeated scalars: how the encoder writes them (a decoder takes both)
  bool deprecated = false;
  const Message* message = nullptr;   // kMessage, kGroup (and maps: the entry type); else null
  const Enum* enumeration = nullptr;  // kEnum; else null
  const Oneof* oneof = nullptr;       // a real oneof (proto3 `optional` is none); else null
  bool has_default = false;           // proto2 `[default = ...]`
  // The default that was written, or the type's own: integers and enum numbers in `default_integer`
  // (unsigned ones by their bits; bool 0 or 1), float and double in `default_double`, string and
  // bytes in `default_string`.
  int64_t default_integer = 0;
  double default_double = 0;
  std::string default_string;
  Comment comment;

  bool repeated() const { return presence == Presence::kRepeated; }
  bool is_map() const;             // then message->fields[0] is the key and [1] the value
  const Field& map_key() const;    // is_map() only
  const Field& map_value() const;  // is_map() only
};

struct Oneof {
  std::string name;
  std::vector<const Field*> fields;  // in declaration order
  Comment comment;
};

struct EnumValue {
  std::string name;
  int32_t number = 0;
  bool deprecated = false;
  Comment comment;
};

struct Enum {
  std::string name;       // "Color"
  std::string full_name;  // "paint.v1.Pot.Color"
  const File* file = nullptr;
  const Message* parent = nullptr;  // null at the top level
  bool allow_alias = false;
  std::vector<EnumValue> values;  // in declaration order; the first is the default
  Comment comment;
};

struct Message {
  std::string name;       // "Lid"
  std::string full_name;  // "paint.v1.Pot.Lid"
  const File* file = nullptr;
  const Message* parent = nullptr;  // null at the top level
  bool map_entry = false;  // made by protoc for a map field; not to be emitted as a message
  bool group = false;      // declared by a proto2 group field
  bool deprecated = false;
  bool extendable = false;                         // proto2 `extensions 100 to max;`
  std::vector<Field> fields;                       // in declaration order
  std::vector<std::unique_ptr<Oneof>> oneofs;      // real ones only
  std::vector<std::unique_ptr<Message>> messages;  // nested, map entries included
  std::vector<std::unique_ptr<Enum>> enums;
  Comment comment;
};

enum class Kind { kUnary = 0, kClientStreaming = 1, kServerStreaming = 2, kBidiStreaming = 3 };

struct Method {
  std::string name;  // "Add"
  Kind kind = Kind::kUnary;
  const Message* request = nullptr;
  const Message* response = nullptr;
  // polycall.v1.method and the standard idempotency_level.
  bool idempotent = false;
  bool is_inline = false;
  bool blocking = false;
  uint32_t default_timeout_ms = 0;  // 0: none
  bool deprecated = false;
  Comment comment;

  bool client_streams() const {
    return kind == Kind::kClientStreaming || kind == Kind::kBidiStreaming;
  }
  bool server_streams() const {
    return kind == Kind::kServerStreaming || kind == Kind::kBidiStreaming;
  }
  uint32_t flags() const;  // polycall_method_flags of polycall.h
};

struct Service {
  std::string name;       // "Calc"
  std::string full_name;  // "calc.v1.Calc"
  const File* file = nullptr;
  std::vector<Method> methods;  // in declaration order: the order of the method table
  uint64_t fingerprint = 0;     // of the service and every message it reaches; never 0
  bool deprecated = false;
  Comment comment;
};

struct File {
  std::string name;     // "calc/v1/calc.proto"
  std::string package;  // "calc.v1"; may be empty
  Syntax syntax = Syntax::kProto3;
  bool to_generate = false;  // named on protoc's command line (the others are imports)
  bool cc_generic_services = false;
  std::string java_package;          // option java_package; empty: none, the package is Java's too
  std::string java_outer_classname;  // option java_outer_classname; empty: none
  bool java_multiple_files = false;
  std::vector<const File*> imports;                // direct, in order
  std::vector<const File*> public_imports;         // the public ones among them
  std::vector<std::unique_ptr<Message>> messages;  // top level
  std::vector<std::unique_ptr<Enum>> enums;        // top level
  std::vector<std::unique_ptr<Service>> services;
  bool has_extensions = false;  // declares proto2 extensions (at any level)
  // A serialized google.protobuf.FileDescriptorSet: all imports, dependencies first, then this file;
  // without source information.
  std::string descriptor_set;
  Comment comment;  // what stands above the `syntax` line

  std::string base_name() const;  // "calc/v1/calc": the name without ".proto"
};

// All files of one protoc run, imports included.
struct Model {
  std::vector<std::unique_ptr<File>> files;         // dependencies first
  const File* Find(const std::string& name) const;  // null when there is none
};

}  // namespace polycall::codegen::model

#endif  // POLYCALL_CODEGEN_MODEL_MODEL_H_
