"""A ReaImGui that lays its widgets out one below the other and paints them into a picture."""

from tests.reaper.fake.imgui.window import IMGUI_TABLE, ImGuiWindow

__all__ = ["IMGUI_TABLE", "ImGuiWindow"]
