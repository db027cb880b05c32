"""Every message of the hazard protos goes from Python to Haskell and back."""

import os
import subprocess
import unittest

from hazards_support import fill, message_class, message_descriptors, modules


class Messages(unittest.TestCase):
    def setUp(self):
        self.samples = []
        for module in modules("_pb2").values():
            for descriptor in message_descriptors(module.DESCRIPTOR):
                message_type = message_class(descriptor)
                self.samples.append((descriptor.full_name, message_type, fill(message_type())))

    def recode(self, lines):
        text = "".join(f"{name} {data.hex()}\n" for name, data in lines)
        done = subprocess.run(
            [os.environ["HAZARDS_HASKELL"], "messages"], input=text, capture_output=True,
            text=True, timeout=100, check=True)
        answers = done.stdout.splitlines()
        self.assertEqual(len(answers), len(lines))
        return answers

    def test_every_message_comes_back_as_it_went(self):
        answers = self.recode(
            [(name, message.SerializeToString()) for name, _, message in self.samples])
        for (name, message_type, message), answer in zip(self.samples, answers):
            with self.subTest(message=name):
                self.assertFalse(answer.startswith("error"), answer)
                self.assertEqual(message_type.FromString(bytes.fromhex(answer)), message)
        self.assertGreater(len(answers), 40)

    def test_a_message_that_is_cut_off_is_refused_or_read_but_never_more(self):
        lines = []
        for name, _, message in self.samples:
            data = message.SerializeToString()
            lines += [(name, data[:size]) for size in range(0, len(data), len(data) // 20 + 1)]
        for (name, _), answer in zip(lines, self.recode(lines)):
            self.assertNotEqual(answer, "error no such message", name)


if __name__ == "__main__":
    unittest.main()
