"""Imitate a controller of CartPole-v1 from 20 episodes, and let the model act. Needs headstart[robots].

python examples/robot.py
"""

import gymnasium
import numpy as np

import headstart as hs


def demonstrated(count: int) -> list[dict[str, np.ndarray]]:
    """Episodes of a controller that pushes to the side to which the pole will fall."""
    environment, found = gymnasium.make("CartPole-v1"), []
    for seed in range(count):
        seen, _ = environment.reset(seed=seed)
        observations, actions, rewards, over = [seen], [], [], False
        while not over:
            place, speed, angle, turning = seen
            action = int(angle + 0.25 * turning + 0.03 * place + 0.06 * speed > 0)
            seen, reward, ended, cut, _ = environment.step(action)
            over = ended or cut
            observations.append(seen)
            actions.append(action)
            rewards.append(reward)
        found.append(
            {"observations": np.array(observations), "actions": np.array(actions), "rewards": np.array(rewards)}
        )
    return found


episodes = demonstrated(20)
one_step = {"modality.window": 1, "modality.horizon": 1}
model = hs.finetune(episodes, start="scratch", task="imitate", out="runs/cart", overwrite=True, settings=one_step)
print(hs.rollout(model, episodes, environment="CartPole-v1", episodes=20, out="runs/cart-rollout"))

policy = model.policy()
print(policy(np.array([0.0, 0.0, 0.05, 0.0])), policy.latency)
