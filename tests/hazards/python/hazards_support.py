"""The generated hazard modules, and messages of theirs filled by reflection."""

import importlib
import os
import pathlib

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor

_DIRECTORY = pathlib.Path(os.environ["HAZARDS"])

_SCALARS = {
    FieldDescriptor.CPPTYPE_INT32: -7,
    FieldDescriptor.CPPTYPE_INT64: -(1 << 40),
    FieldDescriptor.CPPTYPE_UINT32: 1 << 31,
    FieldDescriptor.CPPTYPE_UINT64: 1 << 63,
    FieldDescriptor.CPPTYPE_DOUBLE: 0.5,
    FieldDescriptor.CPPTYPE_FLOAT: -2.5,
    FieldDescriptor.CPPTYPE_BOOL: True,
}


def modules(suffix):
    """Every generated module whose name ends in `suffix` ("_pb2", "_polycall"), by its name."""
    found = {}
    for path in sorted(_DIRECTORY.rglob(f"*{suffix}.py")):
        name = ".".join(path.relative_to(_DIRECTORY).with_suffix("").parts)
        found[name] = importlib.import_module(name)
    return found


def message_descriptors(file):
    """Every message that a file declares, nested ones included, map entries not."""

    def nested(descriptor):
        if descriptor.GetOptions().map_entry:
            return
        yield descriptor
        for inner in descriptor.nested_types:
            yield from nested(inner)

    for descriptor in file.message_types_by_name.values():
        yield from nested(descriptor)


def message_class(descriptor):
    return getattr(descriptor, "_concrete_class", None) or message_factory.GetMessageClass(
        descriptor
    )


def _scalar(field):
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return field.enum_type.values[-1].number
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return b"\x00\xff" if field.type == FieldDescriptor.TYPE_BYTES else "zwölf 🐙"
    return _SCALARS[field.cpp_type]


def fill(message, depth=2):
    """Sets every field (of a oneof the last), messages down to `depth`. Returns the message."""
    for field in message.DESCRIPTOR.fields:
        is_message = field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE
        if is_message and field.message_type.GetOptions().map_entry:
            _fill_map(getattr(message, field.name), field.message_type, depth)
        elif field.label == FieldDescriptor.LABEL_REPEATED:
            values = getattr(message, field.name)
            if is_message:
                if depth > 0:
                    fill(values.add(), depth - 1)
            else:
                values.extend([_scalar(field)] * 2)
        elif is_message:
            if depth > 0 or field.label == FieldDescriptor.LABEL_REQUIRED:
                inner = getattr(message, field.name)
                inner.SetInParent()
                fill(inner, depth - 1)
        else:
            setattr(message, field.name, _scalar(field))
    return message


def _fill_map(values, entry, depth):
    key = _scalar(entry.fields_by_name["key"])
    value = entry.fields_by_name["value"]
    if value.cpp_type != FieldDescriptor.CPPTYPE_MESSAGE:
        values[key] = _scalar(value)
    elif depth > 0:
        fill(values[key], depth - 1)
