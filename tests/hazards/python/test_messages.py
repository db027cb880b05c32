"""Every message of the hazard protos goes there and back."""

import inspect
import typing
import unittest

from hazards_support import fill, message_class, message_descriptors, modules


class Messages(unittest.TestCase):
    def test_every_module_imports(self):
        messages = modules("_pb2")
        self.assertGreaterEqual(len(messages), 15)
        self.assertEqual(len(modules("_polycall")), len(messages))

    def test_every_message_comes_back_as_it_went(self):
        count = 0
        for name, module in modules("_pb2").items():
            for descriptor in message_descriptors(module.DESCRIPTOR):
                with self.subTest(module=name, message=descriptor.full_name):
                    message_type = message_class(descriptor)
                    message = fill(message_type())
                    back = message_type.FromString(message.SerializeToString())
                    self.assertEqual(back, message)
                    count += 1
        self.assertGreater(count, 40)

    def test_every_annotation_names_what_exists(self):
        count = 0
        for name, module in modules("_polycall").items():
            for class_name, generated in inspect.getmembers(module, inspect.isclass):
                for function_name, function in inspect.getmembers(generated, inspect.isfunction):
                    with self.subTest(module=name, function=f"{class_name}.{function_name}"):
                        typing.get_type_hints(function)
                        count += 1
        self.assertGreater(count, 100)


if __name__ == "__main__":
    unittest.main()
